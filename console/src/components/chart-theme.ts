import { theme as antd } from 'antd';
import { useMemo } from 'react';
import { useTheme } from '~/app/theme';

/** Colours of facts, the same on every page: what came, what went, what stands. */
export function useChartColours() {
  const { isDark } = useTheme();
  return isDark
    ? { added: '#3bb3a3', lost: '#d1835f', total: '#9fb3af', scans: '#5f7f96' }
    : { added: '#1b8a7f', lost: '#d98a62', total: '#5a6b68', scans: '#a9bccb' };
}

/** What was lost is drawn below zero, but is still a number of people. */
function sizeOf(value: unknown): string {
  return typeof value === 'number' ? Math.abs(value).toLocaleString() : '–';
}

/** Axes, legend and tooltip in the colours of the theme. */
export function useChartFrame() {
  const { token } = antd.useToken();
  return useMemo(
    () => (days: readonly string[]) => ({
      animationDuration: 300,
      textStyle: { fontFamily: token.fontFamily, color: token.colorTextSecondary },
      grid: { left: 4, right: 4, top: 40, bottom: 4, outerBoundsMode: 'same' as const },
      legend: {
        top: 0,
        left: 0,
        itemWidth: 12,
        itemHeight: 8,
        itemGap: 18,
        icon: 'roundRect',
        textStyle: { color: token.colorTextSecondary },
      },
      tooltip: {
        trigger: 'axis' as const,
        confine: true,
        valueFormatter: sizeOf,
        backgroundColor: token.colorBgElevated,
        borderColor: token.colorBorderSecondary,
        textStyle: { color: token.colorText, fontSize: 13 },
        axisPointer: { type: 'shadow' as const, shadowStyle: { color: token.colorFillQuaternary } },
      },
      xAxis: {
        type: 'category' as const,
        data: [...days],
        axisTick: { show: false },
        axisLine: { lineStyle: { color: token.colorBorder } },
        axisLabel: { color: token.colorTextTertiary, hideOverlap: true },
      },
    }),
    [token],
  );
}

export function useValueAxis() {
  const { token } = antd.useToken();
  return useMemo(
    () => ({
      type: 'value' as const,
      minInterval: 1,
      splitLine: { lineStyle: { color: token.colorBorderSecondary } },
      axisLabel: { color: token.colorTextTertiary, formatter: sizeOf },
    }),
    [token],
  );
}
