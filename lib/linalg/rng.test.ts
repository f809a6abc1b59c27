import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, shuffle } from './index.ts';

describe('createRng', () => {
  it('repeats its stream for a seed and has another for another', () => {
    const draw = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 20 }, () => rng.uint32());
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it('draws each number below a bound about equally often', () => {
    const rng = createRng(1);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[rng.below(7)]!++;
    // 5 standard deviations of a binomial count around 10,000.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(465);
  });

  it('is uniform on [0, 1)', () => {
    const rng = createRng(2);
    let sum = 0;
    for (let i = 0; i < 10_000; i++) {
      const u = rng.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      sum += u;
    }
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.015);
  });
});

describe('shuffle', () => {
  it('keeps every item', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.nat(), (items, seed) => {
        const sorted = (list: number[]) => [...list].sort((a, b) => a - b);
        expect(sorted(shuffle([...items], createRng(seed)))).toEqual(sorted(items));
      }),
    );
  });
});
