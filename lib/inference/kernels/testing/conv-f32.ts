// What conv_f32 and dense_f32 promise, on either build.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures.ts';
import { addressOf, KernelBed, packWeights, padded8, pixelTable } from '../testing.ts';
import { clamp, expectNear } from './near.ts';

const small = (max: number) => fc.integer({ min: 1, max });

const convolution = fc.record({
  height: small(7),
  width: small(9),
  inputs: small(20),
  outputs: small(20),
  kernel: fc.tuple(small(3), small(3)),
  stride: small(2),
  dilation: small(2),
  residual: fc.boolean(),
  byRows: fc.boolean(),
  bounds: fc.constantFrom<[number, number]>([0, 6], [-1, 1], [-Infinity, Infinity]),
  seed: fc.nat(),
});

export function convF32Suite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  it('convolves any picture, kernel, stride and dilation, with residual and clamp', () => {
    fc.assert(
      fc.property(convolution, (shape) => {
        bed.reset();
        convolve(bed, shape);
      }),
      { numRuns: 150 },
    );
  });

  it('multiplies a vector with a matrix', () => {
    fc.assert(
      fc.property(small(50), small(30), fc.nat(), (inputs, outputs, seed) => {
        bed.reset();
        const random = new Random(seed);
        const [x, w, b] = [
          random.array(inputs, 1),
          random.array(inputs * outputs, 1),
          random.array(outputs, 1),
        ];
        const output = bed.reserve(padded8(b).length * 4);
        const args = [
          bed.f32(padded8(x)),
          bed.f32(packWeights(w, [1, inputs, outputs], 1)),
          bed.f32(padded8(b)),
        ];
        bed.call('dense_f32', [...args, output, inputs, outputs, -1, 1], {
          address: output,
          bytes: padded8(b).length * 4,
        });
        const exact = Array.from(b, (bias, o) => {
          const terms = Array.from(x, (v, i) => v * w[i * outputs + o]!);
          return total([bias, ...terms], -1, 1);
        });
        expectNear(bed.read('f32', output, outputs), exact);
      }),
      { numRuns: 60 },
    );
  });

  it('gives NaN for NaN, and only where the field has one', () => {
    bed.reset();
    const input = bed.place('f32', [1, 9, 8], new Float32Array(72).fill(1));
    bed.set('f32', addressOf(input, 0, 4, 2), Number.NaN);
    const output = bed.place('f32', [1, 9, 8]);
    const table = bed.i32(pixelTable(1, 9, (_, x) => x * 16));
    const weights = bed.f32(new Float32Array(64).fill(1));
    const bias = bed.f32(new Float32Array(8));
    const source = [input.address, input.plane, table, bed.i32([0]), 1, 2, weights, bias];
    bed.call('conv_f32', [...source, output.address, output.plane, table, 9, 8, 0, 0, 0, 0, 6, 1], output);
    const values = bed.unplace(output);
    expect(values.map(Number.isNaN)).toEqual(values.map((_, i) => i >> 3 === 4));
  });
}

type Shape = typeof convolution extends fc.Arbitrary<infer T> ? T : never;

function convolve(bed: KernelBed, shape: Shape): void {
  const { height, width, inputs, outputs, stride, dilation, seed } = shape;
  const [kh, kw] = shape.kernel;
  const [lo, hi] = shape.bounds;
  const random = new Random(seed);
  // The halo lets every field of a picture of this size lie inside; its numbers are zeros.
  const [reachDown, reachRight] = [(kh - 1) * dilation, (kw - 1) * dilation];
  const [h, w] = [(height - 1) * stride + 1 + reachDown, (width - 1) * stride + 1 + reachRight];
  const x = random.array(h * w * inputs, 1);
  const weights = random.array(kh * kw * inputs * outputs, 1);
  const biases = random.array(outputs, 1);
  const added = shape.residual ? random.array(height * width * outputs, 1) : undefined;

  const input = bed.place('f32', [h, w, inputs], x, { left: 1, slack: 16 });
  const output = bed.place('f32', [height, width, outputs], undefined, { right: 2, top: 1, slack: 16 });
  const residual = added && bed.place('f32', [height, width, outputs], added, { left: 1 });
  const fields = pixelTable(height, width, (y, xx) => y * stride * input.row + xx * stride * 16);
  const taps = Array.from(
    { length: kh * kw },
    (_, t) => Math.floor(t / kw) * dilation * input.row + (t % kw) * dilation * 16,
  );
  const table = (row: number) => bed.i32(pixelTable(height, width, (y, xx) => y * row + xx * 16));
  bed.call(
    'conv_f32',
    [
      ...[input.address, input.plane, bed.i32(fields), bed.i32(taps), taps.length, input.planes],
      ...[bed.f32(packWeights(weights, [kh * kw, inputs, outputs], 1)), bed.f32(padded8(biases))],
      ...[output.address, output.plane, table(output.row), height * width, Math.ceil(outputs / 8) * 8],
      ...(residual ? [residual.address, residual.plane, table(residual.row)] : [0, 0, 0]),
      ...[lo, hi, Number(shape.byRows)],
    ],
    output,
  );

  const exact = Array.from({ length: height * width * outputs }, (_, i) => {
    const [o, xx, y] = [i % outputs, Math.floor(i / outputs) % width, Math.floor(i / outputs / width)];
    const terms = [biases[o]!, added?.[i] ?? 0];
    for (let t = 0; t < kh * kw; t++) {
      const [iy, ix] = [y * stride + Math.floor(t / kw) * dilation, xx * stride + (t % kw) * dilation];
      for (let c = 0; c < inputs; c++)
        terms.push(x[(iy * w + ix) * inputs + c]! * weights[(t * inputs + c) * outputs + o]!);
    }
    return total(terms, lo, hi);
  });
  expectNear(bed.unplace(output), exact);
}

function total(terms: number[], lo: number, hi: number): { sum: number; magnitude: number } {
  return {
    sum: clamp(
      terms.reduce((a, b) => a + b, 0),
      lo,
      hi,
    ),
    magnitude: terms.reduce((a, b) => a + Math.abs(b), 0),
  };
}
