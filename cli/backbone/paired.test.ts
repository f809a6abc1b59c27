import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signTest } from '../../lib/learning/strategies/sign-test.ts';
import { comparePredictions, lossInPoints, pooled } from './paired.ts';

describe('the sign test', () => {
  it('gives the binomial tail', () => {
    expect(signTest(0, 0)).toBe(1);
    expect(signTest(1, 1)).toBeCloseTo(0.5, 12);
    expect(signTest(9, 10)).toBeCloseTo(11 / 1024, 12);
    expect(signTest(60, 100)).toBeCloseTo(0.028443966820490395, 10);
    expect(signTest(1500, 3000)).toBeCloseTo(0.5072824, 5);
  });

  it('of a side and of its opposite add up to one and what both hold', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), (a, b) => {
        const [n, k] = [a + b, a];
        const exactly = signTest(k, n) - (k < n ? signTest(k + 1, n) : 0);
        expect(signTest(k, n) + signTest(n - k, n)).toBeCloseTo(1 + exactly, 8);
      }),
    );
  });
});

describe('predictions compared', () => {
  it('count who alone was right, and the points lost', () => {
    const figures = comparePredictions([0, 1, 2, 0, 1], [0, 0, 2, 0, 2], [0, 1, 1, 0, 1]);
    expect(figures).toMatchObject({ examples: 5, right: 3, rightFloat32: 4, onlyThis: 1, onlyFloat32: 2 });
    expect(figures.lossByChance).toBeCloseTo(0.5, 12);
    expect(lossInPoints(figures)).toBeCloseTo(20, 12);
    const both = pooled([figures, figures]);
    expect(both).toMatchObject({ examples: 10, right: 6, onlyFloat32: 4 });
    expect(both.lossByChance).toBeCloseTo(signTest(4, 6), 12);
  });
});
