import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ValueFormat } from '../lower/context.ts';
import { depthwiseConstants } from './depthwise-weights.ts';
import { kernelValues } from './kernel-values.ts';
import { graphOf, Random } from './layer-testing.ts';

const bytes: ValueFormat = { storage: 'u7', scale: 6 / 127, zeroPoint: 0, lo: 0, hi: 127 };

/** A depthwise kernel [taps, 8] of one plane, with constants as the kernel reads them. */
function made(taps: number, weights: Float32Array, bias: number[], mean?: Float32Array) {
  const weight = { kind: 'float32' as const, shape: [1, taps, 1, 8], data: weights };
  const kernel = kernelValues(...graphOf({ weight, bias }));
  const constants = depthwiseConstants(kernel, { input: bytes, output: bytes, mean, groups: 8 });
  const numbers = (data: Uint8Array) => new Int16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return {
    kernel,
    weights: numbers(constants.weights),
    bias: numbers(constants.bias),
    scale: numbers(constants.scale!),
  };
}

it('keeps every int16 sum of a depthwise convolution of bytes from overflowing, whatever the weights', () => {
  const weight = fc.oneof(fc.constantFrom(0, 1, -1, 1e-6, 3), fc.double({ min: -1, max: 1, noNaN: true }));
  fc.assert(
    fc.property(
      fc.constantFrom(1, 9, 25),
      fc.array(weight, { minLength: 1, maxLength: 60 }),
      fc.double({ min: -20, max: 20, noNaN: true }),
      (taps, pattern, bias) => {
        const values = Float32Array.from({ length: taps * 8 }, (_, i) => pattern[i % pattern.length]!);
        const { weights, bias: biases, scale } = made(taps, values, Array(8).fill(bias));
        for (let c = 0; c < 8; c++) {
          let [positive, negative] = [0, 0];
          for (let tap = 0; tap < taps; tap++) {
            const w = weights[tap * 8 + c]!;
            if (w > 0) positive += w;
            else negative -= w;
          }
          expect(biases[c]! + (127 * positive) / 128 + taps / 2).toBeLessThanOrEqual(32_767);
          expect(biases[c]! - (127 * negative) / 128 - taps / 2).toBeGreaterThanOrEqual(-32_768);
          expect(scale[c]).toBeGreaterThan(0);
        }
      },
    ),
  );
});

it('gives within one level what the convolution of real numbers gives', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (seed) => {
      const random = new Random(seed);
      const [taps, values] = [9, random.array(72, 0.7)];
      const { kernel, weights, bias, scale } = made(taps, values, [...random.array(8, 1)]);
      const x = Array.from(random.array(taps, 63), (v) => Math.round(v) + 63);
      for (let c = 0; c < 8; c++) {
        let [sum, real] = [bias[c]!, kernel.bias[c]!];
        x.forEach((q, tap) => {
          sum += (q * 256 * weights[tap * 8 + c]! + 16_384) >> 15;
          real += q * bytes.scale * values[tap * 8 + c]!;
        });
        expect(Math.abs(((sum * scale[c]! + 16_384) >> 15) - real / bytes.scale)).toBeLessThan(1);
      }
    }),
  );
});
