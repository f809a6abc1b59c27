import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), {
  minLength: 1,
  maxLength: 50,
});

describe('a histogram', () => {
  it('counts every number that is not zero, and knows the extremes, in whatever batches they come', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), (batches) => {
        const histogram = new Histogram();
        for (const batch of batches) expect(histogram.add(Float32Array.from(batch))).toBe(true);
        const all = batches.flat();
        const { counts } = histogram.bins();
        expect(counts.reduce((a, b) => a + b, 0)).toBe(all.filter((value) => value !== 0).length);
        expect(histogram.least).toBe(Math.min(0, ...all));
        expect(histogram.most).toBe(Math.max(0, ...all));
      }),
    );
  });

  it('knows a number to an eighth of a step of 7 bits over its extent', () => {
    fc.assert(
      fc.property(values, (numbers) => {
        const histogram = new Histogram();
        for (const number of numbers) histogram.add(Float32Array.of(number));
        const extent = Math.max(histogram.most, -histogram.least);
        const { centres } = histogram.bins();
        for (const number of numbers.filter((value) => Math.abs(value) > 1e-6)) {
          const nearest = Math.min(...[...centres].map((centre) => Math.abs(centre - number)));
          expect(nearest).toBeLessThanOrEqual(extent / 128 / 8 + 1e-7);
        }
      }),
    );
  });

  it('takes nothing of a batch that holds something which is no number', () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const histogram = new Histogram();
      expect(histogram.add(Float32Array.of(1, wrong, 2))).toBe(false);
      expect(histogram.bins().counts).toHaveLength(0);
      expect([histogram.least, histogram.most]).toEqual([0, 0]);
    }
  });
});
