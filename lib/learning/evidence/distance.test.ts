import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerDistance, overallDistance } from './distance.ts';

const channel = fc.record({
  mean: fc.double({ min: -100, max: 100, noNaN: true }),
  variance: fc.double({ min: 0, max: 1e4, noNaN: true }),
});
const layers = fc.array(fc.tuple(channel, channel), { minLength: 1, maxLength: 20 });
const of = (channels: { mean: number; variance: number }[]) => ({
  mean: Float64Array.from(channels, ({ mean }) => mean),
  variance: Float64Array.from(channels, ({ variance }) => variance),
});

describe('the distance of a layer', () => {
  it('is a number above nought, and nearly none to itself', () => {
    fc.assert(
      fc.property(layers, (pairs) => {
        const [p, q] = [of(pairs.map(([a]) => a)), of(pairs.map(([, b]) => b))];
        expect(layerDistance(p, q)).toBeGreaterThan(0);
        expect(Number.isFinite(layerDistance(p, q))).toBe(true);
        expect(layerDistance(p, p)).toBeLessThan(1e-5);
      }),
    );
  });

  it('is the symmetric Kullback-Leibler divergence of Gaussians, of one channel', () => {
    const p = of([{ mean: 1, variance: 4 }]);
    const q = of([{ mean: 3, variance: 1 }]);
    const kl = (m: number, v: number, n: number, w: number) =>
      0.5 * (Math.log(w / v) + (v + (m - n) ** 2) / w - 1);
    expect(layerDistance(p, q)).toBeCloseTo(kl(1, 4, 3, 1) + kl(3, 1, 1, 4), 1);
  });

  it('grows with the shift of any channel', () => {
    fc.assert(
      fc.property(layers, fc.double({ min: 0.01, max: 50, noNaN: true }), (pairs, shift) => {
        const q = of(pairs.map(([, b]) => b));
        const shifted = (by: number) =>
          of(pairs.map(([, b], c) => (c === 0 ? { ...b, mean: b.mean + by } : b)));
        expect(layerDistance(shifted(2 * shift), q)).toBeGreaterThanOrEqual(layerDistance(shifted(shift), q));
      }),
    );
  });

  it('lets one channel that is wholly elsewhere count as one', () => {
    const q = of(Array.from({ length: 100 }, () => ({ mean: 0, variance: 1 })));
    const p = of(Array.from({ length: 100 }, (_, c) => ({ mean: c ? 0 : 1e6, variance: 1 })));
    expect(layerDistance(p, q)).toBeLessThan(0.5);
  });

  it('is the geometric mean over layers', () => {
    expect(overallDistance([1, 4])).toBeCloseTo(2);
  });
});
