// What the integer convolutions and dense layers promise, on either build: exactly the integers of a plain loop.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures.ts';
import type { KernelName } from '../../kernels.ts';
import { type Format, KernelBed, packWeights, padded8, pixelTable } from '../testing.ts';
import { integers, quadWeights, requantise } from './integers.ts';

const small = (max: number) => fc.integer({ min: 1, max });

export const convolutionShapes = fc.record({
  height: small(6),
  width: small(7),
  inputs: small(40),
  outputs: small(20),
  kernel: fc.tuple(small(3), small(3)),
  stride: small(2),
  residual: fc.boolean(),
  byRows: fc.boolean(),
  zeroPoint: fc.integer({ min: 0, max: 127 }),
  /** Outputs spread over this share of int16 or of 0..127; beyond 1 they saturate. */
  spread: fc.constantFrom(0.5, 4, 100),
  /** Activations, weights and residuals at the ends of their ranges only. */
  extreme: fc.boolean(),
  seed: fc.nat(),
});

export type ConvolutionShape = Shape;

type Shape = typeof convolutionShapes extends fc.Arbitrary<infer T> ? T : never;

/** |sum · scale| stays below 12,582,912, which callers guarantee. */
const largestProduct = 12_500_000;

type Integer = Exclude<Format, 'f32'>;

export const convolutions: [kernel: KernelName, input: Integer, output: Integer][] = [
  ['conv_i16_i16', 'i16', 'i16'],
  ['conv_i16_u7', 'i16', 'u7'],
  ['conv_u7_i16', 'u7', 'i16'],
  ['conv_u7_u7', 'u7', 'u7'],
  ['safe_conv_u7_i16', 'u7', 'i16'],
  ['safe_conv_u7_u7', 'u7', 'u7'],
];

export const denses: [kernel: KernelName, input: Integer, output: Integer][] = [
  ['dense_i16_i16', 'i16', 'i16'],
  ['dense_i16_u7', 'i16', 'u7'],
  ['dense_u7_i16', 'u7', 'i16'],
  ['dense_u7_u7', 'u7', 'u7'],
  ['safe_dense_u7_i16', 'u7', 'i16'],
  ['safe_dense_u7_u7', 'u7', 'u7'],
];

export function convIntSuite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  it.each(convolutions)('%s gives the integers of a plain loop', (kernel, input, output) => {
    fc.assert(
      fc.property(convolutionShapes, (shape) => {
        bed.reset();
        const { actual, expected } = convolve(bed, kernel, input, output, shape);
        expect(actual).toEqual(expected());
      }),
      { numRuns: 60 },
    );
  });

  it.each(denses)('%s gives the integers of a plain loop', (kernel, input, output) => {
    fc.assert(
      fc.property(convolutionShapes, (shape) => {
        bed.reset();
        const { actual, expected } = multiply(bed, kernel, input, output, shape);
        expect(actual).toEqual(expected());
      }),
      { numRuns: 60 },
    );
  });
}

/** Activations, weights [taps][K][N], biases and scales of a layer. */
function operands(format: Integer, output: Integer, positions: number, taps: number, shape: Shape) {
  const { inputs, outputs, extreme, spread, seed } = shape;
  const random = new Random(seed);
  const ends = (values: number[], lo: number, hi: number) =>
    extreme ? values.map((v) => (v * 2 < lo + hi ? lo : hi)) : values;
  const [xLo, xHi] = format === 'u7' ? ([0, 127] as const) : ([-8191, 8191] as const);
  const x = ends(integers(random, positions * inputs, xLo, xHi), xLo, xHi);
  const weights =
    format === 'u7'
      ? quadWeights(random, [taps, inputs, outputs])
      : ends(integers(random, taps * inputs * outputs, -255, 255), -255, 255);
  // All activations at 127 against weights at the bound is where 16-bit sums are fullest.
  if (format === 'u7' && extreme) x.fill(127, 0, x.length >> 1);
  const bias = integers(random, outputs, -100_000, 100_000);
  const typical = (format === 'u7' ? 73 * 73 : 4700 * 147) * Math.sqrt(taps * inputs);
  const reach = (output === 'u7' ? 127 : 32767) * spread;
  const scale = Array.from(random.array(outputs, 0.5), (u, o) => {
    let most = Math.abs(bias[o]!);
    for (let i = o; i < weights.length; i += outputs) most += Math.abs(weights[i]!) * xHi;
    return Math.fround(Math.min(((1 + u) * reach) / typical, largestProduct / most));
  });
  return { x, weights, bias, scale, random };
}

const rangeOf = (output: Integer, zeroPoint: number): [number, number, number] =>
  output === 'u7' ? [0, 127, zeroPoint] : [-8191, 8191, 0];

/** One convolution in the bed: what it wrote, and what it should have. */
export function convolve(bed: KernelBed, kernel: KernelName, from: Integer, to: Integer, shape: Shape) {
  const { height, width, inputs, outputs, stride } = shape;
  const [kh, kw] = shape.kernel;
  const [h, w] = [(height - 1) * stride + kh, (width - 1) * stride + kw];
  const { x, weights, bias, scale, random } = operands(from, to, h * w, kh * kw, shape);
  const range = rangeOf(to, shape.zeroPoint);
  const added =
    shape.residual && to === 'i16' ? integers(random, height * width * outputs, -32768, 32767) : undefined;

  const input = bed.place(from, [h, w, inputs], x, { left: 1, slack: 16 });
  const output = bed.place(to, [height, width, outputs], undefined, { right: 2, top: 1, slack: 16 });
  const residual = added && bed.place('i16', [height, width, outputs], added, { left: 1 });
  const pixel = { i16: 16, u7: 8 };
  const table = (row: number, bytes: number, step = 1) =>
    bed.i32(pixelTable(height, width, (y, xx) => y * step * row + xx * step * bytes));
  const taps = Array.from(
    { length: kh * kw },
    (_, t) => Math.floor(t / kw) * input.row + (t % kw) * pixel[from],
  );
  const packed = packWeights(weights, [kh * kw, inputs, outputs], from === 'u7' ? 4 : 2);
  bed.call(
    kernel,
    [
      ...[
        input.address,
        input.plane,
        table(input.row, pixel[from], stride),
        bed.i32(taps),
        taps.length,
        input.planes,
      ],
      ...[from === 'u7' ? bed.u8(packed) : bed.i16(packed), bed.i32(padded8(bias)), bed.f32(padded8(scale))],
      ...[output.address, output.plane, table(output.row, pixel[to]), height * width, outputs],
      ...(residual ? [residual.address, residual.plane, table(residual.row, 16)] : [0, 0, 0]),
      ...[...range, Number(shape.byRows)],
    ],
    output,
  );
  const expected = () =>
    Array.from({ length: height * width * outputs }, (_, i) => {
      const [o, xx, y] = [i % outputs, Math.floor(i / outputs) % width, Math.floor(i / outputs / width)];
      let sum = bias[o]!;
      for (let t = 0; t < kh * kw; t++) {
        const at = (y * stride + Math.floor(t / kw)) * w + xx * stride + (t % kw);
        for (let c = 0; c < inputs; c++)
          sum += x[at * inputs + c]! * weights[(t * inputs + c) * outputs + o]!;
      }
      return requantise(sum, scale[o]!, range, added?.[i]);
    });
  return { actual: bed.unplace(output), expected };
}

export function multiply(bed: KernelBed, kernel: KernelName, from: Integer, to: Integer, shape: Shape) {
  const { inputs, outputs } = shape;
  const { x, weights, bias, scale } = operands(from, to, 1, 1, shape);
  const range = rangeOf(to, shape.zeroPoint);
  const input = bed.place(from, [1, 1, inputs], x);
  const output = bed.place(to, [1, 1, outputs]);
  const packed = packWeights(weights, [1, inputs, outputs], from === 'u7' ? 4 : 2);
  const [w, b, s] = [from === 'u7' ? bed.u8(packed) : bed.i16(packed), padded8(bias), padded8(scale)];
  bed.call(
    kernel,
    [input.address, w, bed.i32(b), bed.f32(s), output.address, inputs, outputs, ...range],
    output,
  );
  const expected = () =>
    bias.map((sum, o) =>
      requantise(
        x.reduce((total, v, i) => total + v * weights[i * outputs + o]!, sum),
        scale[o]!,
        range,
      ),
    );
  return { actual: bed.unplace(output), expected };
}
