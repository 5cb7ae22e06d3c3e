import type { ReactNode } from 'react';

export interface Bar {
  readonly key: string | number;
  readonly label: ReactNode;
  readonly value: number;
  /** The part of the value that is drawn full. */
  readonly part?: number;
  readonly text: ReactNode;
}

/** Horizontal bars, longest for the largest value: a ranking to look at. */
export function BarList({ bars }: { bars: readonly Bar[] }) {
  const largest = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <ul className="bar-list">
      {bars.map((bar) => (
        <li key={bar.key}>
          <div className="bar-row">
            <span className="bar-label">{bar.label}</span>
            <span className="bar-text">{bar.text}</span>
          </div>
          <div className="bar-track">
            <div className="bar-whole" style={{ width: `${(bar.value / largest) * 100}%` }} />
            <div className="bar-part" style={{ width: `${((bar.part ?? bar.value) / largest) * 100}%` }} />
          </div>
        </li>
      ))}
    </ul>
  );
}
