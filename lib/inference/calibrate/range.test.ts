import { describe, expect, it } from 'vitest';
import { createRng } from '../../linalg/index.ts';
import { Histogram } from './histogram.ts';
import { bestRange, squaredError } from './range.ts';

function histogramOf(draw: (uniform: () => number) => number, count = 20_000): Histogram {
  const rng = createRng(3);
  const histogram = new Histogram();
  histogram.add(Float32Array.from({ length: count }, () => draw(() => rng.uniform())));
  return histogram;
}

const normal = (uniform: () => number) =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

describe('the range of 7 bits', () => {
  it('is all there is where numbers are spread evenly', () => {
    const { lo, hi } = bestRange(histogramOf((uniform) => 6 * uniform()));
    expect(lo).toBe(0);
    expect(hi).toBeGreaterThan(5.9);
  });

  it('gives up rare large numbers', () => {
    const histogram = histogramOf((uniform) => uniform(), 200_000);
    histogram.add(Float32Array.of(4));
    const { hi } = bestRange(histogram);
    expect(hi).toBeLessThan(0.5 * histogram.most);
    expect(squaredError(histogram.bins(), 0, hi)).toBeLessThan(
      squaredError(histogram.bins(), 0, histogram.most),
    );
  });

  it('is no worse than any pair of ends on a grid', () => {
    const histogram = histogramOf((uniform) => normal(uniform) + 0.3 * normal(uniform) ** 3);
    const { lo, hi } = bestRange(histogram);
    const bins = histogram.bins();
    const found = squaredError(bins, lo, hi);
    for (let a = 0.2; a <= 1; a += 0.1)
      for (let b = 0.2; b <= 1; b += 0.1)
        expect(found).toBeLessThanOrEqual(1.01 * squaredError(bins, a * histogram.least, b * histogram.most));
  });

  it('always holds zero, and is a point where nothing else was seen', () => {
    const above = bestRange(histogramOf((uniform) => 3 + uniform()));
    expect(above.lo).toBe(0);
    const below = bestRange(histogramOf((uniform) => -3 - uniform()));
    expect(below.hi).toBe(0);
    expect(below.lo).toBeLessThan(-3);
    expect(bestRange(histogramOf(() => 0))).toEqual({ lo: 0, hi: 0 });
  });
});
