import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { softmax } from '../heads/index.ts';
import { createRng } from '../linalg/index.ts';
import { finish } from '../linalg/testing.ts';
import type { Scored } from './scored.ts';
import { fitTemperature } from './temperature.ts';

/** Predictions whose truth is drawn from softmax(logits ÷ temperature). */
function draw(n: number, classes: number, temperature: number, seed: number): Scored {
  const rng = createRng(seed);
  const logits = Float64Array.from({ length: n * classes }, () => 6 * (rng.uniform() - 0.5));
  const truth = Int32Array.from({ length: n }, (_, i) => {
    let left = rng.uniform();
    const p = softmax(logits.subarray(i * classes, (i + 1) * classes), temperature);
    for (let j = 0; j < classes - 1; j++) {
      left -= p[j]!;
      if (left < 0) return j;
    }
    return classes - 1;
  });
  return { logits, classes, truth };
}

const logLoss = ({ logits, classes, truth }: Scored, temperature: number) =>
  truth.reduce(
    (sum, t, i) => sum - Math.log(softmax(logits.subarray(i * classes, (i + 1) * classes), temperature)[t]!),
    0,
  );

describe('fitTemperature', () => {
  it('finds the temperature that the truth was drawn at', () => {
    for (const temperature of [0.4, 2.5])
      expect(finish(fitTemperature(draw(20_000, 3, temperature, 7))) / temperature).toBeCloseTo(1, 1);
  });

  it('stays at exactly 1 where logits mean what they say, or where there is next to nothing to go by', () => {
    expect(finish(fitTemperature(draw(30, 3, 1, 3)))).toBe(1);
    expect(finish(fitTemperature(draw(3, 2, 4, 3)))).toBe(1);
    expect(
      finish(fitTemperature({ logits: new Float64Array(0), classes: 2, truth: new Int32Array(0) })),
    ).toBe(1);
  });

  it('loses by any step away, and never more than it had at 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), fc.nat(1000), (drawnAt, seed) => {
        const scored = draw(200, 3, drawnAt, seed);
        const best = finish(fitTemperature(scored));
        const cost = (temperature: number) =>
          logLoss(scored, temperature) + 5 * Math.abs(Math.log(temperature));
        for (const step of [0.9, 0.999, 1.001, 1.1])
          expect(cost(best)).toBeLessThanOrEqual(cost(best * step) + 1e-9);
        expect(logLoss(scored, best)).toBeLessThanOrEqual(logLoss(scored, 1) + 1e-9);
      }),
      { numRuns: 50 },
    );
  });

  it('is a number above 0 for predictions that are all right, all wrong, or enormous', () => {
    for (const sign of [1, -1])
      for (const size of [1e-300, 1, 1e300]) {
        const logits = Float64Array.from({ length: 200 }, (_, i) => (i % 2 ? size * sign : 0));
        const temperature = finish(
          fitTemperature({ logits, classes: 2, truth: new Int32Array(100).fill(1) }),
        );
        expect(temperature).toBeGreaterThan(0.03);
        expect(temperature).toBeLessThan(33);
      }
  });
});
