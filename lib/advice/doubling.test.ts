import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doublingOf } from './doubling.ts';
import { estimate } from './testing.ts';

/** Points of error a·share^(−b). */
const curveOf = (error: number, power: number, half = 0.01) =>
  [0.25, 0.5, 1].map((share) => ({
    share,
    examples: 1000 * share,
    accuracy: estimate(1 - error * share ** -power, half),
  }));

describe('what twice the data would bring', () => {
  it('is found again in a curve that follows a power', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.2, noNaN: true }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (error, power) => {
          const { low, value, high } = doublingOf(curveOf(error, power))!;
          expect(value).toBeCloseTo(error * (1 - 2 ** -power), 6);
          expect(low).toBeLessThanOrEqual(value);
          expect(high).toBeGreaterThanOrEqual(value);
        },
      ),
    );
  });

  it('is never a loss, and never more than half of the errors', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (a, b, c) => {
        const curve = [a, b, c].map((accuracy, i) => ({
          share: 2 ** (i - 2),
          examples: 1,
          accuracy: estimate(accuracy),
        }));
        const { low, value, high } = doublingOf(curve)!;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual((1 - c) / 2 + 1e-12);
        expect(low <= value && value <= high).toBe(true);
      }),
    );
  });

  it('is less certain where the points are', () => {
    const width = (half: number) => {
      const { low, high } = doublingOf(curveOf(0.1, 0.4, half))!;
      return high - low;
    };
    expect(width(0.03)).toBeGreaterThan(width(0.005));
  });

  it('is not said of one point', () => {
    expect(doublingOf([])).toBeNull();
    expect(doublingOf(curveOf(0.1, 0.4).slice(-1))).toBeNull();
  });
});
