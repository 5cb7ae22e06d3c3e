import { WarningOutlined } from '@ant-design/icons';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listJourneys } from '#contract/journeys';
import { useFormat } from '~/format';
import './journeys.css';

export type JourneyRow = Output<typeof listJourneys>['rows'][number];

const colours = { draft: 'default', running: 'success', paused: 'warning', closed: 'default' } as const;

export function JourneyState({
  row,
}: {
  row: Pick<JourneyRow, 'state' | 'isTroubled' | 'hasChanges' | 'versionNumber'>;
}) {
  const { t } = useTranslation();
  return (
    <span className="tags">
      <Tooltip title={t(`journey.stateHint.${row.state}`)}>
        <Tag color={colours[row.state]} data-testid="journey-state">
          {t(`journey.state.${row.state}`)}
        </Tag>
      </Tooltip>
      {row.isTroubled && (
        <Tag color="error" icon={<WarningOutlined />}>
          {t('journey.troubled')}
        </Tag>
      )}
      {row.hasChanges && row.versionNumber !== null && <Tag variant="filled">{t('journey.unpublished')}</Tag>}
    </span>
  );
}

/** How many of those who came in reached the goal. */
export function ReachedShare({ entered, reached }: { entered: number; reached: number }) {
  const format = useFormat();
  if (entered === 0) return <span className="muted">–</span>;
  return (
    <span>
      {format.percent(reached / entered)} <span className="muted small">{format.number(reached)}</span>
    </span>
  );
}
