import { ClockCircleOutlined, LoadingOutlined, WarningOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Progress } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Condition, countSegment } from '#contract/segments';
import { ApiError, call } from '~/call';
import { useErrorText } from '~/components/error-notice';
import { useFormat } from '~/format';

const pauseMs = 300;

/** The last value that stood for a while. */
function useSettled<T>(value: T, isSame: string): T {
  const [settled, setSettled] = useState({ value, isSame });
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ value, isSame }), pauseMs);
    return () => clearTimeout(timer);
  }, [value, isSame]);
  return settled.value;
}

/**
 * How many a rule selects, counted when typing pauses. An older count is cancelled here by hanging up, and on the server by
 * the session's newer one.
 * @param tree undefined while the rule is not complete: the count before stays, and is called old
 */
export function useLiveCount(tree: Condition | undefined) {
  const [session] = useState(() => Math.random().toString(36).slice(2, 14));
  const [complete, setComplete] = useState(tree);
  const written = JSON.stringify(tree);
  if (tree !== undefined && JSON.stringify(complete) !== written) setComplete(tree);
  const asked = useSettled(complete, JSON.stringify(complete) ?? '');
  const counted = useQuery({
    queryKey: [countSegment.path, { tree: asked, session }] as const,
    queryFn: ({ signal }) => call(countSegment, { tree: asked, session }, { signal }),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    // A count that was given up may arrive after the newer one and stop it: then the newer one is asked again.
    retry: (failures, problem) => failures < 3 && problem instanceof ApiError && problem.code === 'segment_superseded',
    retryDelay: 200,
    staleTime: 10_000,
    gcTime: 60_000,
  });
  const isBehind = tree !== undefined && (counted.isFetching || JSON.stringify(asked) !== written);
  return { count: counted.data, error: counted.error, isBehind, isOld: tree === undefined };
}

export type LiveCount = ReturnType<typeof useLiveCount>;

/** The number, its share, and how far it can be trusted. */
export function CountBox({ live, isCompact = false }: { live: LiveCount; isCompact?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const errorText = useErrorText();
  const { count, error, isBehind, isOld } = live;
  const share = count && count.total > 0 ? count.count / count.total : null;
  const state = isOld ? 'old' : isBehind ? 'counting' : error ? 'failed' : count === undefined ? 'counting' : 'counted';
  return (
    <div
      className={`count-box ${isCompact ? 'count-compact' : ''} ${state === 'counted' ? '' : 'count-behind'}`}
      data-testid="live-count"
      data-state={state}
    >
      <div className="count-line" aria-live="polite">
        <span className="count-number">{count === undefined ? '–' : format.number(count.count)}</span>
        <span className="muted">
          {count === undefined ? '' : t('segment.ofTotal', { total: format.number(count.total) })}
        </span>
        <span className="count-share">{share === null ? '' : format.percent(share)}</span>
      </div>
      <Progress
        percent={(share ?? 0) * 100}
        showInfo={false}
        size="small"
        aria-label={t('segment.share')}
        status="normal"
      />
      <div className="count-state small">
        {state === 'counting' && (
          <>
            <LoadingOutlined /> {t('segment.counting')}
          </>
        )}
        {state === 'old' && (
          <>
            <ClockCircleOutlined /> {t(count === undefined ? 'segment.notCounted' : 'segment.countOld')}
          </>
        )}
        {state === 'failed' && (
          <span className="count-failed">
            <WarningOutlined /> {errorText(error)}
          </span>
        )}
        {state === 'counted' && count && (
          <span className={count.engine === 'postgres' ? 'count-slow' : 'muted'}>
            {t(`segment.engine.${count.engine}`, { time: format.duration(count.tookMs) })}
          </span>
        )}
      </div>
    </div>
  );
}
