import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, log } from './index.ts';

/** Doubles between two numbers of one sign. */
function ulps(a: number, b: number): number {
  const bits = new BigInt64Array(Float64Array.of(a, b).buffer);
  return Math.abs(Number(bits[0]! - bits[1]!));
}

// The engine's own functions stay within 1 ulp of the truth, so a difference of 2 bounds ours by about 3 at worst;
// the exact values below, computed with 50 digits, hold ours to the nearest double or its neighbour.
describe('exp', () => {
  it('is within 2 ulp of the engine over the whole range', () => {
    fc.assert(
      fc.property(fc.double({ min: -745, max: 709.78, noNaN: true }), (x) => {
        expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    [2, 7.38905609893065],
    [-1, 0.36787944117144233],
    [0.5, 1.6487212707001282],
    [10, 22026.465794806718],
    [-20, 2.061153622438558e-9],
    [-700, 9.85967654375977e-305],
  ])('of %d is the nearest double or its neighbour', (x, expected) => {
    expect(ulps(exp(x), expected)).toBeLessThanOrEqual(1);
  });

  it('has the right ends', () => {
    expect(exp(0)).toBe(1);
    expect(exp(-0)).toBe(1);
    expect(exp(Infinity)).toBe(Infinity);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(710)).toBe(Infinity);
    expect(exp(-746)).toBe(0);
    expect(exp(-745.1)).toBe(5e-324);
    expect(exp(Number.NaN)).toBeNaN();
  });

  it('never falls as x grows', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.double({ min: 1e-9, max: 1, noNaN: true }),
        (x, step) => {
          expect(exp(x + step)).toBeGreaterThanOrEqual(exp(x));
        },
      ),
    );
  });
});

describe('log', () => {
  it('is within 2 ulp of the engine over the whole range', () => {
    fc.assert(
      fc.property(fc.double({ min: 5e-324, max: Number.MAX_VALUE, noNaN: true }), (x) => {
        expect(ulps(log(x), Math.log(x))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20_000 },
    );
  });

  it('keeps its digits near 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.7, max: 1.4, noNaN: true }), (x) => {
        expect(ulps(log(x), Math.log(x))).toBeLessThanOrEqual(2);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    [3, 1.0986122886681098],
    [7, 1.9459101490553132],
    [0.3, -1.2039728043259361],
    [1.0000001, 9.999999505838704e-8],
    [1e300, 690.7755278982137],
  ])('of %d is the nearest double or its neighbour', (x, expected) => {
    expect(ulps(log(x), expected)).toBeLessThanOrEqual(1);
  });

  it('has the right ends', () => {
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(-Infinity);
    expect(log(Infinity)).toBe(Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(Number.NaN)).toBeNaN();
  });
});
