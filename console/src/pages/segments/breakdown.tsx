import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Button, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listAttributes } from '#contract/customers';
import { breakdownSegment, type Condition } from '#contract/segments';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

const dimensions = ['source', 'rfm', 'tag', 'gender', 'account_kind', 'code'] as const;
type Dimension = (typeof dimensions)[number] | `attribute:${string}`;

/** How a segment divides, three ways at once, each to be changed. */
export function Breakdowns({ tree }: { tree: Condition }) {
  const { data } = useQuery({ ...reading(listAttributes, {}), staleTime: 60_000 });
  // Choices and texts divide people; the first that people have is the likeliest to be asked for: a city, a level.
  const best = data?.rows
    .filter(({ kind, customerCount }) => (kind === 'choice' || kind === 'text') && customerCount > 0)
    .toSorted((a, b) => b.customerCount - a.customerCount)[0];
  if (data === undefined) return null;
  return (
    <div className="three-panels">
      <Breakdown tree={tree} initial="source" />
      <Breakdown tree={tree} initial="rfm" />
      <Breakdown tree={tree} initial={best === undefined ? 'tag' : `attribute:${best.key}`} />
    </div>
  );
}

const fewest = 6;

function Breakdown({ tree, initial }: { tree: Condition; initial: Dimension }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [by, setBy] = useState<Dimension>(initial);
  const [isOpen, setOpen] = useState(false);
  const attributes = useQuery({ ...reading(listAttributes, {}), staleTime: 60_000 });
  const into = by.startsWith('attribute:')
    ? { by: 'attribute' as const, key: by.slice('attribute:'.length) }
    : { by: by as (typeof dimensions)[number] };
  const { data, error } = useQuery({
    ...reading(breakdownSegment, { tree, into }),
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });

  const labelOf = (value: string | null, label: string | null): string => {
    if (value === null) return t('segment.without');
    if (label !== null) return label;
    if (into.by === 'source') return textOr(`source.${value}`, value);
    if (into.by === 'gender') return textOr(`customer.genders.${value}`, value);
    if (into.by === 'account_kind') return textOr(`customer.kind.${value}`, value);
    return into.by === 'rfm' ? textOr(`rfm.group.${value}`, value) : value;
  };
  const everybody = data?.rows.reduce((sum, row) => sum + row.ofAll, 0) ?? 0;
  const shown = data?.rows.slice(0, isOpen ? undefined : fewest) ?? [];
  // Somebody may carry several tags: their shares are of people, and add up to more than all.
  const all = into.by === 'tag' ? null : everybody;
  const shares = shown.map((row) => ({
    ...row,
    share: data && data.count > 0 ? row.count / data.count : 0,
    shareOfAll: all ? row.ofAll / all : null,
  }));
  const largest = Math.max(0.0001, ...shares.flatMap(({ share, shareOfAll }) => [share, shareOfAll ?? 0]));

  return (
    <Panel
      title={t('segment.breakdown')}
      definition={t('segment.breakdownDefinition')}
      extra={
        <Select<Dimension>
          size="small"
          aria-label={t('segment.breakdownBy')}
          value={by}
          onChange={setBy}
          popupMatchSelectWidth={false}
          options={[
            ...dimensions.map((value) => ({ value: value as Dimension, label: t(`segment.by.${value}`) })),
            ...(attributes.data?.rows ?? []).map((row) => ({
              value: `attribute:${row.key}` as Dimension,
              label: row.name,
            })),
          ]}
        />
      }
    >
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active />
        )
      ) : shares.length === 0 ? (
        <p className="muted">{t('segment.breakdownNone')}</p>
      ) : (
        <>
          <ul className="bar-list">
            {shares.map((row) => (
              <li key={String(row.value)}>
                <div className="bar-row">
                  <span className="bar-label">{labelOf(row.value, row.label)}</span>
                  <span className="bar-text">
                    {t('segment.breakdownText', { n: format.number(row.count), share: format.percent(row.share) })}
                  </span>
                </div>
                <div
                  className="twin-bars"
                  title={
                    row.shareOfAll === null
                      ? undefined
                      : t('segment.breakdownAll', { share: format.percent(row.shareOfAll) })
                  }
                >
                  <span className="twin-own" style={{ width: `${(row.share / largest) * 100}%` }} />
                  {row.shareOfAll !== null && (
                    <span className="twin-all" style={{ width: `${(row.shareOfAll / largest) * 100}%` }} />
                  )}
                </div>
              </li>
            ))}
          </ul>
          {data.rows.length > fewest && (
            <Button type="link" size="small" className="inline-button twin-more" onClick={() => setOpen(!isOpen)}>
              {isOpen ? t('common.close') : t('common.more')}
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}
