import { Skeleton } from 'antd';
import { lazy, Suspense } from 'react';
import type { ChartOption } from './chart-canvas';

const ChartCanvas = lazy(() => import('./chart-canvas'));

interface Props {
  readonly option: ChartOption;
  /** What the chart shows, for people who do not see it. */
  readonly label: string;
  readonly height?: number;
}

/** A chart in the colours of the theme; the drawing library loads when the first chart shows. */
export function Chart({ option, label, height = 280 }: Props) {
  return (
    <figure className="chart" style={{ height }} aria-label={label}>
      <Suspense fallback={<Skeleton.Node active style={{ width: '100%', height }} />}>
        <ChartCanvas option={option} />
      </Suspense>
    </figure>
  );
}
