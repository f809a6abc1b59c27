import { describe, expect, it } from 'vitest';
import { fitsControl, maxLocalCodeBytes, trainingBytes } from './local-bounds.ts';

describe('the control Worker', () => {
  it('trains what has up to 32 MB of codes, and no more', () => {
    const fits = (examples: number) => fitsControl({ examples, dims: 1344, labels: 10 });
    const most = Math.floor(maxLocalCodeBytes / (4 * 1344));
    expect([244, most, most + 1, 10_000].map(fits)).toEqual([true, true, false, false]);
  });

  it('counts what the solver needs besides, which grows with the labels', () => {
    expect(fitsControl({ examples: 1000, dims: 1344, labels: 2 })).toBe(true);
    expect(fitsControl({ examples: 1000, dims: 1344, labels: 500 })).toBe(false);
    expect(fitsControl({ examples: 5, dims: 65_536, labels: 5 })).toBe(true);
  });

  it('needs the codes twice and little more for a few labels', () => {
    const codes = 4 * 5000 * 1344;
    expect(trainingBytes({ examples: 5000, dims: 1344, labels: 10 }) / codes).toBeCloseTo(2.13, 1);
  });
});
