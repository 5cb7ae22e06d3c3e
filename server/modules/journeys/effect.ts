/** Whether a journey does what it is for: those it touched against those it left alone. */

export interface Arm {
  readonly entered: number;
  readonly reached: number;
}

/** 95 % of a normal distribution lies within so many standard deviations. */
const z = 1.959963984540054;

/** Wilson's interval of a share: E. B. Wilson, JASA 22 (1927). */
function wilson({ entered, reached }: Arm): { low: number; high: number } {
  const share = reached / entered;
  const middle = share + (z * z) / (2 * entered);
  const half = z * Math.sqrt((share * (1 - share)) / entered + (z * z) / (4 * entered * entered));
  const whole = 1 + (z * z) / entered;
  return { low: (middle - half) / whole, high: (middle + half) / whole };
}

/**
 * The difference of two shares with its 95 % interval: R. G. Newcombe, Statistics in Medicine 17 (1998), method 10, which
 * stays within bounds and holds for few people too. Null where an arm is empty.
 */
export function differenceOf(touched: Arm, holdout: Arm): { difference: number; low: number; high: number } | null {
  if (touched.entered === 0 || holdout.entered === 0) return null;
  const [p, q] = [touched.reached / touched.entered, holdout.reached / holdout.entered];
  const [a, b] = [wilson(touched), wilson(holdout)];
  const difference = p - q;
  return {
    difference,
    low: difference - Math.hypot(p - a.low, b.high - q),
    high: difference + Math.hypot(a.high - p, q - b.low),
  };
}
