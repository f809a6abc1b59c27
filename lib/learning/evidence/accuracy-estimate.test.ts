import { describe, expect, it } from 'vitest';
import { createRng } from '../../linalg/index.ts';
import { estimateAccuracy } from './accuracy-estimate.ts';

describe('an accuracy', () => {
  it('lies in its interval about nineteen times of twenty', () => {
    const rng = createRng(5);
    for (const accuracy of [0.6, 0.9, 0.98]) {
      let inside = 0;
      for (let trial = 0; trial < 400; trial++) {
        const right = Array.from({ length: 150 }, () => Number(rng.uniform() < accuracy));
        const { low, high } = estimateAccuracy([{ right, units: right.map((_, i) => `${i}`) }]);
        if (low <= accuracy && accuracy <= high) inside++;
      }
      expect(inside / 400).toBeGreaterThan(0.91);
    }
  });

  it('is less certain where photos of a burst are right or wrong together', () => {
    const right = Array.from({ length: 100 }, (_, i) => Number(i < 80));
    const width = (units: string[]) => {
      const { low, high } = estimateAccuracy([{ right, units }]);
      return high - low;
    };
    const alone = width(right.map((_, i) => `${i}`));
    expect(width(right.map((_, i) => `${Math.floor(i / 10)}`))).toBeGreaterThan(2 * alone);
  });

  it('is as uncertain as its bursts are few, though all of their photos are right', () => {
    const right = new Array<number>(40).fill(1);
    const low = (bursts: number) =>
      estimateAccuracy([{ right, units: right.map((_, i) => `${i % bursts}`) }]).low;
    expect(low(40)).toBeGreaterThan(0.9);
    const four = ['a', 'b', 'c', 'd'];
    expect(low(4)).toBeCloseTo(estimateAccuracy([{ right: [1, 1, 1, 1], units: four }]).low, 6);
  });

  it('is never certain, and stays a probability', () => {
    const { value, low, high } = estimateAccuracy([{ right: [1, 1, 1, 1], units: ['a', 'b', 'c', 'd'] }]);
    expect([value, high]).toEqual([1, 1]);
    expect(low).toBeLessThan(0.95);
    expect(low).toBeGreaterThanOrEqual(0);
  });
});
