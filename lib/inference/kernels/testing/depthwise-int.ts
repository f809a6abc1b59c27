// What the integer depthwise convolutions promise, on either build: exactly the integers of a plain loop.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures.ts';
import type { KernelName } from '../../kernels.ts';
import { KernelBed, padded8 } from '../testing.ts';
import { integers, q15, requantise, saturate16 } from './integers.ts';
import { clamp } from './near.ts';

export const depthwiseShapes = fc.record({
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 4, max: 11 }),
  channels: fc.integer({ min: 1, max: 20 }),
  kernel: fc.constantFrom(3, 5),
  stride: fc.constantFrom(1, 2),
  dilation: fc.constantFrom(1, 2),
  seed: fc.nat(),
});

export const kinds = [
  ['', 'i16'],
  ['', 'u7'],
  ['safe_', 'u7'],
] as const;

export type DepthwiseShape = Shape;

type Shape = typeof depthwiseShapes extends fc.Arbitrary<infer T> ? T : never;

/** Weights are laid out [planes][taps][8]. */
function blocked(weights: number[], taps: number, channels: number): number[] {
  const planes = Math.ceil(channels / 8);
  return Array.from({ length: planes * taps * 8 }, (_, i) => {
    const c = Math.floor(i / 8 / taps) * 8 + (i % 8);
    return c < channels ? weights[(Math.floor(i / 8) % taps) * channels + c]! : 0;
  });
}

export function depthwiseIntSuite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  for (const [prefix, format] of kinds)
    for (const any of [false, true])
      it(`${prefix}depthwise_${any ? 'any_' : ''}${format} gives the integers of a plain loop`, () => {
        fc.assert(
          fc.property(depthwiseShapes, (shape) => {
            bed.reset();
            const same = any ? shape : { ...shape, dilation: 1 as const };
            const { actual, expected } = filter(bed, format, any, same, prefix);
            expect(actual).toEqual(expected);
          }),
          { numRuns: 100 },
        );
      });
}

/** One depthwise convolution in the bed; `prefix` is `safe_` or nothing. */
export function filter(
  bed: KernelBed,
  format: 'i16' | 'u7',
  any: boolean,
  shape: Shape,
  prefix: '' | 'safe_' = '',
) {
  const { height, width, channels, kernel, stride, dilation, seed } = shape;
  const random = new Random(seed);
  const n = kernel * kernel;
  const pixel = format === 'i16' ? 16 : 8;
  const reach = (kernel - 1) * dilation;
  const [h, w] = [(height - 1) * stride + 1 + reach, (width - 1) * stride + 1 + reach];
  const [xLo, xHi, wMax] = format === 'i16' ? [-8191, 8191, 255] : [0, 127, Math.floor(30_000 / n)];
  const x = integers(random, h * w * channels, xLo, xHi);
  const weights = integers(random, n * channels, -wMax, wMax);
  const bias = integers(random, channels, -2000, 2000);
  const scale =
    format === 'i16'
      ? Array.from(random.array(channels, 0.5), (u) => Math.fround((1 + u) / 700))
      : integers(random, channels, 100, 3000);
  const [lo, hi] = format === 'i16' ? [-8191, 8191] : [0, 127];

  const input = bed.place(format, [h, w, channels], x, { left: 1, slack: 16 });
  const output = bed.place(format, [height, width, channels], undefined, { right: 1, top: 1, slack: 16 });
  const parameters = [
    bed.i16(blocked(weights, n, channels)),
    format === 'i16' ? bed.i32(padded8(bias)) : bed.i16(padded8(bias)),
    format === 'i16' ? bed.f32(padded8(scale)) : bed.i16(padded8(scale)),
  ];
  const to = [output.address, output.plane, output.row, output.planes, height, width];
  const taps = Array.from(
    { length: n },
    (_, t) => Math.floor(t / kernel) * dilation * input.row + (t % kernel) * dilation * pixel,
  );
  if (any) {
    const steps = [bed.i32(taps), n, stride * input.row, stride * pixel];
    const args = [input.address, input.plane, ...steps, ...parameters, ...to, lo, hi];
    bed.call(`${prefix}depthwise_any_${format}` as KernelName, args, output);
  } else {
    const args = [input.address, input.plane, input.row, ...parameters, ...to, kernel, stride, lo, hi];
    bed.call(`${prefix}depthwise_${format}` as KernelName, args, output);
  }

  const expected = Array.from({ length: height * width * channels }, (_, i) => {
    const [c, xx, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    let sum = bias[c]!;
    for (let t = 0; t < n; t++) {
      const [iy, ix] = [
        y * stride + Math.floor(t / kernel) * dilation,
        xx * stride + (t % kernel) * dilation,
      ];
      const [v, weight] = [x[(iy * w + ix) * channels + c]!, weights[t * channels + c]!];
      sum += format === 'i16' ? v * weight : q15(v * 256, weight);
    }
    return format === 'i16'
      ? requantise(sum, scale[c]!, [lo, hi, 0])
      : clamp(saturate16(q15(sum, scale[c]!)), lo, hi);
  });
  return { actual: bed.unplace(output), expected };
}
