import 'fmin';

/** The value of a function at a point; its gradient is written into `slope`. */
export type Slope = (point: readonly number[], slope: number[]) => number;

interface Fmin {
  conjugateGradient(f: Slope, start: number[], options: { maxIterations: number }): { x: number[]; fx: number };
}

/** Gradient at which a minimum is taken as found; conjugate gradients of fmin stop there too. */
const flat = 1e-5;
const maxRestarts = 12;
/** A restart that gains less than this share has nothing more to gain. */
const leastGain = 1e-13;

/**
 * The lowest point near `start`, by fmin's non-linear conjugate gradients (Polak–Ribière, Wolfe line search). They are begun
 * again where they stopped until the gradient is flat: a direction that went stale costs a restart and no more.
 * (fmin's Nelder–Mead is not used: version 0.0.4 throws when its simplex has to shrink.)
 */
export function minimise(f: Slope, start: readonly number[]): { point: number[]; value: number; isFlat: boolean } {
  // The package calls its UMD bundle a module; loaded as one it leaves its functions on globalThis.
  const { fmin } = globalThis as unknown as { fmin: Fmin };
  let point = [...start];
  let value = Number.POSITIVE_INFINITY;
  const slope = point.map(() => 0);
  for (let restart = 0; restart < maxRestarts; restart++) {
    const end = fmin.conjugateGradient(f, point, { maxIterations: 200 });
    if (!Number.isFinite(end.fx) || !(value - end.fx > leastGain * Math.abs(end.fx))) break;
    point = end.x;
    value = f(point, slope);
    if (Math.hypot(...slope) <= flat) return { point, value, isFlat: true };
  }
  return { point, value, isFlat: false };
}
