// How close a float32 sum must come to the exact one.

import { expect } from 'vitest';

/** Every number within 1e-5 of the sum of its terms' magnitudes, which is what rounding can do to it. */
export function expectNear(
  actual: readonly number[],
  exact: readonly { sum: number; magnitude: number }[],
): void {
  expect(actual.length).toBe(exact.length);
  actual.forEach((value, i) => {
    const { sum, magnitude } = exact[i]!;
    if (!(Math.abs(value - sum) <= 1e-5 * (magnitude + 1e-6)))
      expect.fail(`number ${i} is ${value}, should be ${sum} within 1e-5 of ${magnitude}`);
  });
}

/** lo..hi, as the kernels clamp. */
export const clamp = (x: number, lo: number, hi: number) => Math.min(Math.max(x, lo), hi);
