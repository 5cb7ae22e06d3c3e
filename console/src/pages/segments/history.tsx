import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { getSegmentHistory } from '#contract/segments';
import { reading } from '~/call';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { ErrorNotice } from '~/components/error-notice';
import { useFormat } from '~/format';

/** Size by day above, who entered and left below: two panels, each with its own scale from zero. */
export function SizeHistory({ id, memberCount }: { id: number; memberCount: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const { data, error } = useQuery({ ...reading(getSegmentHistory, { id }), refetchInterval: 30_000 });
  const known = useMemo(() => {
    const all = data?.days ?? [];
    const first = all.findIndex((row) => row.members !== null);
    return first === -1 ? [] : all.slice(first);
  }, [data]);
  const option = useMemo(() => {
    const { grid: _, xAxis, ...rest } = frame(known.map((row) => format.shortDay(row.day)));
    const left = 12 + 7.5 * format.number(Math.max(memberCount, 10)).length;
    return {
      ...rest,
      axisPointer: { link: [{ xAxisIndex: 'all' as const }] },
      grid: [
        { left, right: 4, top: 40, height: 110, outerBoundsMode: 'none' as const },
        { left, right: 4, top: 176, bottom: 24, outerBoundsMode: 'none' as const },
      ],
      xAxis: [
        { ...xAxis, axisLabel: { show: false } },
        { ...xAxis, gridIndex: 1, axisLine: { ...xAxis.axisLine, onZero: true } },
      ],
      yAxis: [
        { ...axis, splitNumber: 3 },
        { ...axis, gridIndex: 1, splitNumber: 3 },
      ],
      series: [
        {
          type: 'line' as const,
          name: t('segment.size'),
          data: known.map((row) => row.members),
          color: colours.total,
          showSymbol: known.length < 3,
          step: 'end' as const,
          lineStyle: { width: 2 },
          areaStyle: { opacity: 0.12 },
        },
        {
          type: 'bar' as const,
          name: t('segment.entered'),
          data: known.map((row) => row.entered),
          color: colours.added,
          stack: 'days',
          barMaxWidth: 18,
          xAxisIndex: 1,
          yAxisIndex: 1,
        },
        {
          type: 'bar' as const,
          name: t('segment.left'),
          data: known.map((row) => -row.left),
          color: colours.lost,
          stack: 'days',
          barMaxWidth: 18,
          xAxisIndex: 1,
          yAxisIndex: 1,
        },
      ],
    };
  }, [known, memberCount, format, frame, axis, colours, t]);

  if (data === undefined) return error ? <ErrorNotice error={error} /> : <Skeleton active />;
  if (known.length === 0) return <p className="muted">{t('segment.historyNone')}</p>;
  return (
    <>
      <Chart option={option} label={t('segment.history')} height={290} />
      {known.length === 1 && <p className="muted small">{t('segment.historyShort')}</p>}
    </>
  );
}
