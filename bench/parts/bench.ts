/** A benchmark: `npm run bench -- NAME [--option value]`. It prints what it measures as it goes. */
export interface Bench {
  /** What it does, in a sentence or two. */
  readonly summary: string;
  /** Its options and their usual values. */
  readonly options: Readonly<Record<string, number>>;
  run(options: Readonly<Record<string, number>>): Promise<Outcome>;
}

export interface Outcome {
  /** The last line of the run. */
  readonly result: Readonly<Record<string, number>>;
  /** One sentence for each bound that was broken. */
  readonly broken: readonly string[];
}

/** Bounds as data: which figures must stay at or below what. */
export function brokenBounds(result: Outcome['result'], bounds: Readonly<Record<string, number>>): string[] {
  return Object.entries(bounds).flatMap(([name, bound]) => {
    const value = result[name];
    if (value === undefined) throw new Error(`nothing was measured under the name ${name}`);
    return value <= bound ? [] : [`${name} is ${value}, and must be ${bound} at most`];
  });
}

/** Bounds the other way: which figures must reach what. */
export function shortfalls(result: Outcome['result'], floors: Readonly<Record<string, number>>): string[] {
  return Object.entries(floors).flatMap(([name, floor]) => {
    const value = result[name];
    if (value === undefined) throw new Error(`nothing was measured under the name ${name}`);
    return value >= floor ? [] : [`${name} is ${value}, and must be ${floor} at least`];
  });
}

/** The value below which a share of all values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
