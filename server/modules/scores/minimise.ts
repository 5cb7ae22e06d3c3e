import 'fmin';

/** The value of a function at a point; its gradient is written into `slope`. */
export type Slope = (point: readonly number[], slope: number[]) => number;

interface Fmin {
  conjugateGradient(f: Slope, start: number[], options: { maxIterations: number }): { x: number[]; fx: number };
}

/** Gradient at which a minimum is taken as found; conjugate gradients of fmin stop there too. */
const flat = 1e-5;
const iterations = 40;
const maxRestarts = 40;
/** Iterations that together gain less than this share have nothing left to gain. */
const leastGain = 1e-9;

/**
 * The lowest point near `start`, by fmin's non-linear conjugate gradients (Polak–Ribière, Wolfe line search). They are begun
 * again where they stopped until the gradient is flat or nothing is gained any more: a direction that went stale costs a
 * restart. (fmin's Nelder–Mead is not used: version 0.0.4 throws when its simplex has to shrink.)
 */
export function minimise(f: Slope, start: readonly number[]): { point: number[]; value: number; isSettled: boolean } {
  // The package calls its UMD bundle a module; loaded as one it leaves its functions on globalThis.
  const { fmin } = globalThis as unknown as { fmin: Fmin };
  let point = [...start];
  const slope = point.map(() => 0);
  let value = f(point, slope);
  for (let restart = 0; restart < maxRestarts; restart++) {
    const end = fmin.conjugateGradient(f, point, { maxIterations: iterations });
    const gain = value - end.fx;
    if (!Number.isFinite(end.fx)) break;
    if (gain > 0) {
      point = end.x;
      value = f(point, slope);
    }
    if (Math.hypot(...slope) <= flat || gain <= leastGain * Math.abs(value)) return { point, value, isSettled: true };
  }
  return { point, value, isSettled: false };
}
