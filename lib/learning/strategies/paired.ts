// Two models judged on the same examples: the mean difference, with the standard error of clustered observations, since
// photos of one burst are right or wrong together.

export interface Paired {
  /** Mean of a − b. */
  difference: number;
  standardError: number;
  /** 95 % interval of the difference. */
  low: number;
  high: number;
}

/** Half a 95 % interval in standard errors. */
const reach = 1.96;

/**
 * @param a figures of some examples (a loss, 1 for a right answer), @param b another model's of the same ones
 * @param units [n]: examples of one unit have the same name and count as one observation
 */
export function paired(a: ArrayLike<number>, b: ArrayLike<number>, units: readonly unknown[]): Paired {
  const n = a.length;
  if (n === 0) return { difference: 0, standardError: 0, low: 0, high: 0 };
  let difference = 0;
  for (let i = 0; i < n; i++) difference += (a[i]! - b[i]!) / n;
  const sums = new Map<unknown, number>();
  for (let i = 0; i < n; i++) sums.set(units[i], (sums.get(units[i]) ?? 0) + (a[i]! - b[i]! - difference));
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  const standardError = Math.sqrt(squares) / n;
  return {
    difference,
    standardError,
    low: difference - reach * standardError,
    high: difference + reach * standardError,
  };
}
