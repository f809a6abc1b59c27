import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../linalg/index.ts';
import type { ParameterSlot } from '../model/model-spec.ts';
import { adamW, freshMoments } from './adamw.ts';

const slot = (offset: number, length: number, decays: boolean): ParameterSlot => ({
  name: `w${offset}`,
  op: 'op',
  role: decays ? 'kernel' : 'bias',
  shape: [length],
  offset,
  length,
  depth: 0,
  decays,
});

/** Algorithm 2 of Loshchilov & Hutter, for one weight, in float64; the decay times the learning rate. */
function textbook(start: number, gradients: number[], rates: number[], weightDecay: number): number {
  let [w, m, v] = [start, 0, 0];
  gradients.forEach((gradient, t) => {
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient ** 2;
    const mHat = m / (1 - 0.9 ** (t + 1));
    const vHat = v / (1 - 0.999 ** (t + 1));
    w -= rates[t]! * (mHat / (Math.sqrt(vHat) + 1e-8) + weightDecay * w);
  });
  return w;
}

const runs = fc.record({
  steps: fc.integer({ min: 1, max: 60 }),
  seed: fc.nat(),
  weightDecay: fc.constantFrom(0, 0.01, 0.3),
  scale: fc.constantFrom(1e-4, 1, 100),
});

describe('adamW', () => {
  it('is the published algorithm, decay apart from the moments', () => {
    fc.assert(
      fc.property(runs, ({ steps, seed, weightDecay, scale }) => {
        const rng = createRng(seed);
        const slots = [slot(0, 3, true), slot(3, 2, false)];
        const start = Float32Array.from({ length: 5 }, () => rng.uniform() - 0.5);
        const gradients = Array.from({ length: steps }, () =>
          Float32Array.from({ length: 5 }, () => scale * (rng.uniform() - 0.4)),
        );
        const rates = Array.from({ length: steps }, () => 0.01 * rng.uniform());
        const parameters = start.slice();
        const moments = freshMoments(5);
        gradients.forEach((gradient, t) => {
          adamW(slots, parameters, gradient, moments, {
            step: t + 1,
            rates: [rates[t]!, rates[t]!],
            gradientFactor: 1,
            weightDecay,
          });
        });
        for (let i = 0; i < 5; i++) {
          const exact = textbook(
            start[i]!,
            gradients.map((gradient) => gradient[i]!),
            rates,
            i < 3 ? weightDecay : 0,
          );
          expect(Math.abs(parameters[i]! - exact)).toBeLessThan(1e-5);
        }
      }),
    );
  });

  it('moves by the learning rate in its first step, whatever the size of the gradient', () => {
    for (const gradient of [1e-3, 1, 1e3]) {
      const parameters = Float32Array.of(0);
      adamW([slot(0, 1, true)], parameters, Float32Array.of(gradient), freshMoments(1), {
        step: 1,
        rates: [0.25],
        gradientFactor: 1,
        weightDecay: 0.1,
      });
      expect(parameters[0]).toBeCloseTo(-0.25, 4);
    }
  });

  it('leaves a slot whose rate is 0 as it is, to the bit, and its moments too', () => {
    const parameters = Float32Array.of(0.1, -0, 1e-40, 3);
    const before = parameters.slice();
    const moments = freshMoments(4);
    adamW([slot(0, 3, true), slot(3, 1, true)], parameters, Float32Array.of(1, 2, 3, 4), moments, {
      step: 1,
      rates: [0, 0.1],
      gradientFactor: 1,
      weightDecay: 0.5,
    });
    expect(new Uint8Array(parameters.buffer, 0, 12)).toEqual(new Uint8Array(before.buffer, 0, 12));
    expect(moments.mean.subarray(0, 3)).toEqual(new Float32Array(3));
    expect(parameters[3]).not.toBe(3);
  });

  it('takes gradients times their factor', () => {
    const moved = (gradient: number, gradientFactor: number) => {
      const parameters = Float32Array.of(1);
      const moments = freshMoments(1);
      for (let step = 1; step < 4; step++)
        adamW([slot(0, 1, true)], parameters, Float32Array.of(gradient * step), moments, {
          step,
          rates: [0.1],
          gradientFactor,
          weightDecay: 0,
        });
      return moments.mean[0];
    };
    expect(moved(4, 0.25)).toBe(moved(1, 1));
  });
});
