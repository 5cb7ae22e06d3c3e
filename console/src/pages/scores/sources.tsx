import { FunnelPlotOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Segmented, Skeleton } from 'antd';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getSourceQuality } from '#contract/scores';
import { reading } from '~/call';
import { CodeName } from '~/components/code-name';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Definition, Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';
import { Interval } from './parts';

type Quality = Output<typeof getSourceQuality>;
type Row = Quality['rows'][number];

const page = getRouteApi('/inside/scores/sources');

export default function SourceQualityPage(): ReactNode {
  const { t } = useTranslation();
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const by = search.by ?? 'source';
  const { data, error, refetch } = useQuery({
    ...reading(getSourceQuality, { ...search, by }),
    placeholderData: (before) => before,
  });
  const picker = (
    <>
      <Segmented
        value={by}
        options={(['source', 'code'] as const).map((value) => ({ value, label: t(`sources.by.${value}`) }))}
        onChange={(next) => void navigate({ search: { ...search, by: next }, replace: true })}
      />
      <DayRange
        from={search.from ?? data?.from}
        to={search.to ?? data?.to}
        onChange={({ from, to }) =>
          void navigate({ search: { by, ...(from && to ? { from, to } : {}) }, replace: true })
        }
        className="day-range"
      />
    </>
  );
  return (
    <div className="page">
      <PageHeader title={t('menu.sourceQuality')} subtitle={t('sources.subtitle')} actions={picker} />
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton active paragraph={{ rows: 8 }} />
        )
      ) : data.rows.length === 0 ? (
        <Panel>
          <EmptyState icon={<FunnelPlotOutlined />} title={t('sources.none')} hint={t('sources.noneHint')} />
        </Panel>
      ) : (
        <div className="stack-large">
          <KeptBars quality={data} />
          <QualityTable quality={data} />
        </div>
      )}
    </div>
  );
}

function useRowName(): (row: Row) => ReactNode {
  const { t } = useTranslation();
  return (row) => (row.code ? <CodeName code={row.code} /> : t(`source.${row.source}`));
}

const keyOf = (row: Row) => `${row.source} ${row.code?.id ?? ''}`;

/** Shares as bars with their intervals as thin lines over them. */
function KeptBars({ quality }: { quality: Quality }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useRowName();
  const rows = quality.rows
    .filter((row) => row.kept !== null)
    .toSorted((one, other) => (other.kept?.value ?? 0) - (one.kept?.value ?? 0))
    .slice(0, 12);
  if (rows.length === 0) return null;
  const place = (share: number) => `${share * 100}%`;
  return (
    <Panel title={t('sources.keptChart')} definition={t('sources.keptChartDefinition')}>
      <ul className="bar-list">
        {rows.map((row) => {
          const { value = 0, low = 0, high = 0 } = row.kept ?? {};
          return (
            <li key={keyOf(row)}>
              <div className="bar-row">
                <span className="bar-label">{nameOf(row)}</span>
                <span className="bar-text">
                  {format.percent(value)} · {t('scores.customers', { n: format.number(row.people) })}
                </span>
              </div>
              <div className="interval-track">
                <div className="bar-part" style={{ width: place(value) }} />
                <div
                  className="interval-line"
                  style={{ left: place(low), width: place(high - low) } as CSSProperties}
                />
              </div>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function QualityTable({ quality }: { quality: Quality }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useRowName();
  const shares = [
    ['kept', t('sources.kept'), t('sources.keptDefinition')],
    ['answered', t('sources.answered'), t('sources.answeredDefinition')],
    ['bought', t('sources.bought'), t('sources.boughtDefinition')],
    ['freebie', t('sources.freebie'), t('sources.freebieDefinition')],
  ] as const;
  return (
    <Panel title={t('sources.table')} definition={t('sources.tableDefinition')} isFlush>
      <TableOrCards<Row>
        rows={quality.rows}
        keyOf={keyOf}
        columns={[
          { title: t('customer.source'), key: 'source', render: (_, row) => nameOf(row) },
          {
            title: t('sources.people'),
            key: 'people',
            align: 'right',
            render: (_, row) => (
              <span title={t('sources.tooNew', { n: format.number(row.tooNew) })}>{format.number(row.people)}</span>
            ),
          },
          ...shares.map(([name, title, definition]) => ({
            title: (
              <>
                {title}
                <Definition text={definition} />
              </>
            ),
            key: name,
            render: (_: unknown, row: Row) => (
              <Interval of={row[name]} write={format.percent} minPeople={quality.minPeople} />
            ),
          })),
          {
            title: (
              <>
                {t('sources.spend')}
                <Definition text={t('sources.spendDefinition')} />
              </>
            ),
            key: 'spend',
            render: (_, row) => (
              <Interval
                of={row.spendFen}
                write={(fen) => format.money(Math.round(fen), quality.currency)}
                minPeople={100}
              />
            ),
          },
        ]}
      />
    </Panel>
  );
}
