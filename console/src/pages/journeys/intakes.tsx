import { FieldTimeOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listIntakes } from '#contract/journeys';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { KeysetTable } from '~/components/keyset-table';
import { useFormat } from '~/format';

type Intake = Output<typeof listIntakes>['rows'][number];

/** When people were brought in together. */
export function Intakes({ journeyId }: { journeyId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const pages = useInfiniteQuery({ ...readingPages(listIntakes, { id: journeyId }), refetchInterval: 5000 });
  const nextAt = pages.data?.pages[0]?.nextAt;
  const by = (row: Intake) => (row.by.startsWith('journeys.') ? t('journey.intakeSystem') : row.by);
  return (
    <>
      {nextAt != null && <p className="panel-body muted">{t('journey.nextAt', { time: format.time(nextAt) })}</p>}
      <KeysetTable<Intake>
        pages={pages}
        rowTestId="journey-intake"
        empty={
          <EmptyState
            icon={<FieldTimeOutlined />}
            title={t('journey.intakesNone')}
            hint={t('journey.intakesNoneHint')}
          />
        }
        columns={[
          { title: t('journey.intakeAt'), key: 'at', render: (_, row) => format.time(row.at) },
          {
            title: t('journey.stateTitle'),
            key: 'kind',
            render: (_, row) => (
              <span className="tags">
                {t(`journey.intakeKind.${row.kind}`)}
                {!row.isDone && <Tag color="processing">{t('journey.intakeRunning')}</Tag>}
              </span>
            ),
          },
          { title: t('journey.intakeBy'), key: 'by', render: (_, row) => by(row) },
          {
            title: t('journey.intakeEntered'),
            key: 'in',
            align: 'right',
            render: (_, row) => format.number(row.entered),
          },
          {
            title: t('journey.intakeRefused'),
            key: 'out',
            align: 'right',
            render: (_, row) => format.number(row.refused),
          },
        ]}
        card={(row) => (
          <div className="list-card">
            <span className="list-card-head">
              <strong>{format.time(row.at)}</strong>
              <span>{t(`journey.intakeKind.${row.kind}`)}</span>
            </span>
            <span className="list-card-facts">
              <span>
                {t('journey.intakeEntered')} {format.number(row.entered)}
              </span>
              <span>
                {t('journey.intakeRefused')} {format.number(row.refused)}
              </span>
              <span className="muted">{by(row)}</span>
            </span>
          </div>
        )}
      />
    </>
  );
}
