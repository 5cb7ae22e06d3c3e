import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Condition, getSegment, listSegments, overlapSegments } from '#contract/segments';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';

interface Props {
  readonly segment: { readonly id: number; readonly name: string };
  readonly tree: Condition;
}

/** How many are in this segment, in another, and in both. */
export function Overlap({ segment, tree }: Props) {
  const { t } = useTranslation();
  const [other, setOther] = useState<number>();
  const list = useQuery({ ...reading(listSegments, { limit: 200 }), staleTime: 30_000 });
  return (
    <Panel title={t('segment.overlap')}>
      <Select<number | null>
        className="full-width"
        aria-label={t('segment.overlapPick')}
        placeholder={t('segment.overlapPick')}
        value={other ?? null}
        onChange={(id) => setOther(id ?? undefined)}
        showSearch={{ optionFilterProp: 'label' }}
        options={(list.data?.rows ?? [])
          .filter((row) => row.id !== segment.id)
          .map((row) => ({ value: row.id, label: row.name }))}
        data-testid="overlap-pick"
      />
      {other === undefined ? (
        <p className="field-hint">{t('segment.overlapHint')}</p>
      ) : (
        <OverlapWith key={other} segment={segment} tree={tree} other={other} />
      )}
    </Panel>
  );
}

function OverlapWith({ segment, tree, other }: Props & { other: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const second = useQuery({ ...reading(getSegment, { id: other }), staleTime: 30_000 });
  const { data, error } = useQuery({
    ...reading(overlapSegments, { first: tree, second: { kind: 'segment', segmentId: other } }),
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
  if (data === undefined || second.data === undefined) {
    return error ? <ErrorNotice error={error} /> : <Skeleton active title={false} />;
  }
  const { name } = second.data;
  const onlyFirst = data.first - data.both;
  const onlySecond = data.second - data.both;
  const union = Math.max(1, onlyFirst + data.both + onlySecond);
  const parts = [
    { key: 'first', text: t('segment.onlyThis', { name: segment.name }), count: onlyFirst },
    { key: 'both', text: t('segment.both'), count: data.both },
    { key: 'second', text: t('segment.onlyThis', { name }), count: onlySecond },
  ] as const;
  return (
    <div className="overlap" data-testid="overlap">
      <div className="overlap-bar" aria-hidden>
        {parts.map(({ key, count }) => (
          <span key={key} className={`overlap-${key}`} style={{ width: `${(count / union) * 100}%` }} />
        ))}
      </div>
      <ul className="plain-list">
        {parts.map(({ key, text, count }) => (
          <li key={key}>
            <span>
              <span className={`dot overlap-${key}`} /> {text}
            </span>
            <strong>{format.number(count)}</strong>
          </li>
        ))}
      </ul>
      {data.both > 0 && (
        <p className="muted small">
          {t('segment.both')}:{' '}
          {t('segment.overlapShare', { name: segment.name, share: format.percent(data.both / data.first) })}
          {' · '}
          {t('segment.overlapShare', { name, share: format.percent(data.both / data.second) })}
        </p>
      )}
    </div>
  );
}
