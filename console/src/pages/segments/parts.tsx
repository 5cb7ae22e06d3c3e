import { ArrowDownOutlined, ArrowUpOutlined, LoadingOutlined, WarningOutlined } from '@ant-design/icons';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listSegments } from '#contract/segments';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import './segments.css';

export type SegmentRow = Output<typeof listSegments>['rows'][number];

/** Who came and went today. */
export function Today({ row }: { row: SegmentRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className="segment-today">
      <span className={row.enteredToday > 0 ? 'change-good' : 'muted'} title={t('segment.entered')}>
        <ArrowUpOutlined aria-label={t('segment.entered')} /> {format.number(row.enteredToday)}
      </span>
      <span className={row.leftToday > 0 ? 'change-bad' : 'muted'} title={t('segment.left')}>
        <ArrowDownOutlined aria-label={t('segment.left')} /> {format.number(row.leftToday)}
      </span>
    </span>
  );
}

/** What a reader should know of a segment before trusting its size. */
export function SegmentMarks({ row }: { row: SegmentRow }) {
  const { t } = useTranslation();
  return (
    <span className="tags">
      {row.problem !== null && (
        <Tooltip title={textOr(`error.${row.problem}`, row.problem)}>
          <Tag color="error" icon={<WarningOutlined />}>
            {t('segment.problem')}
          </Tag>
        </Tooltip>
      )}
      {!row.isFilled && row.problem === null && (
        <Tag color="processing" icon={<LoadingOutlined />}>
          {t('segment.filling')}
        </Tag>
      )}
      {row.isTimed && (
        <Tooltip title={t('segment.timedHint')}>
          <Tag variant="filled">{t('segment.timed')}</Tag>
        </Tooltip>
      )}
      {row.isRanked && (
        <Tooltip title={t('segment.rankedHint')}>
          <Tag variant="filled">{t('segment.ranked')}</Tag>
        </Tooltip>
      )}
    </span>
  );
}
