// What conversions, means, sums and the self-test promise, on either build.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures.ts';
import type { KernelName } from '../../kernels.ts';
import { type Format, KernelBed } from '../testing.ts';
import { integers, requantise, roundEven, saturate16 } from './integers.ts';
import { clamp } from './near.ts';

const { fround } = Math;

const shapes = fc.record({
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 20 }),
  scale: fc.double({ min: 1e-3, max: 40, noNaN: true }).map(fround),
  zeroPoint: fc.integer({ min: 0, max: 127 }),
  seed: fc.nat(),
});

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

interface Conversion {
  kernel: KernelName;
  from: Format;
  to: Format;
  values(random: Random, length: number): number[];
  parameters(shape: Shape): number[];
  expected(q: number, shape: Shape): number;
}

const int16s = (random: Random, length: number) => integers(random, length, -32768, 32767);
const bytes = (random: Random, length: number) => integers(random, length, 0, 127);

const conversions: Conversion[] = [
  {
    kernel: 'i16_to_u7',
    from: 'i16',
    to: 'u7',
    values: int16s,
    parameters: ({ scale, zeroPoint }) => [scale / 100, zeroPoint],
    expected: (q, { scale, zeroPoint }) => requantise(q, scale / 100, [0, 127, zeroPoint]),
  },
  {
    kernel: 'u7_to_i16',
    from: 'u7',
    to: 'i16',
    values: bytes,
    parameters: ({ scale, zeroPoint }) => [scale * 10, zeroPoint],
    expected: (q, { scale, zeroPoint }) => requantise(q - zeroPoint, scale * 10, [-32768, 32767, 0]),
  },
  {
    kernel: 'i16_to_f32',
    from: 'i16',
    to: 'f32',
    values: int16s,
    parameters: ({ scale, zeroPoint }) => [scale, zeroPoint],
    expected: (q, { scale, zeroPoint }) => fround((q - zeroPoint) * scale),
  },
  {
    kernel: 'u7_to_f32',
    from: 'u7',
    to: 'f32',
    values: bytes,
    parameters: ({ scale, zeroPoint }) => [scale, zeroPoint],
    expected: (q, { scale, zeroPoint }) => fround((q - zeroPoint) * scale),
  },
  {
    kernel: 'f32_to_i16',
    from: 'f32',
    to: 'i16',
    // Halves, so that rounding meets ties; far numbers, so that the clamp is met.
    values: (random, length) => int16s(random, length).map((v, i) => (i % 7 ? v / 2 : v * 1e6)),
    parameters: () => [1, -8191, 4095],
    expected: (x) => clamp(roundEven(x), -8191, 4095),
  },
];

export function convertIntSuite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  it.each(conversions)('$kernel gives the numbers of a plain loop', (conversion) => {
    const { kernel, from, to, values, parameters, expected } = conversion;
    fc.assert(
      fc.property(shapes, (shape) => {
        bed.reset();
        const size: [number, number, number] = [shape.height, shape.width, shape.channels];
        const x = values(new Random(shape.seed), size[0] * size[1] * size[2]);
        const input = bed.place(from, size, x, { left: 1, slack: 16 });
        const output = bed.place(to, size, undefined, { right: 1, slack: 16 });
        const at = [input.address, input.plane, input.row, output.address, output.plane, output.row];
        const blocks = Math.ceil(size[2] / 8);
        bed.call(kernel, [...at, blocks, size[0], size[1], ...parameters(shape)], output);
        // Adding zero: −0 and 0 are the same number here.
        expect(bed.unplace(output).map((v) => v + 0)).toEqual(x.map((v) => expected(fround(v), shape) + 0));
      }),
      { numRuns: 50 },
    );
  });

  it('converts what is no number to the lower bound', () => {
    bed.reset();
    const input = bed.place('f32', [1, 1, 8], [Number.NaN, Infinity, -Infinity, 0, 0.5, 1.5, -0.5, 2.5]);
    const output = bed.place('i16', [1, 1, 8]);
    const at = [input.address, input.plane, input.row, output.address, output.plane, output.row];
    bed.call('f32_to_i16', [...at, 1, 1, 1, 1, -5, 9], output);
    expect(bed.unplace(output)).toEqual([-5, 9, -5, 0, 0, 2, 0, 2]);
  });

  it.each(['i16', 'u7'] as const)('mean_%s sums exactly and rounds once', (format) => {
    fc.assert(
      fc.property(shapes, ({ height, width, channels, scale, zeroPoint, seed }) => {
        bed.reset();
        const x = (format === 'i16' ? int16s : bytes)(new Random(seed), height * width * channels);
        const input = bed.place(format, [height, width, channels], x, { left: 1, slack: 16 });
        const output = bed.place('f32', [1, 1, channels]);
        const picture = [input.address, input.plane, input.row, height, width, input.planes];
        bed.call(`mean_${format}`, [...picture, output.address, scale, zeroPoint], output);
        const pixels = height * width;
        const expected = Array.from({ length: channels }, (_, c) => {
          let sum = 0;
          for (let p = 0; p < pixels; p++) sum += x[p * channels + c]!;
          return fround((sum / pixels - zeroPoint) * scale);
        });
        expect(bed.unplace(output).map((v) => v + 0)).toEqual(expected.map((v) => v + 0));
      }),
      { numRuns: 50 },
    );
  });

  it('add_i16 saturates, then clamps', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom([-32768, 32767], [0, 4095], [-8191, 8191]), (shape, range) => {
        bed.reset();
        const size: [number, number, number] = [shape.height, shape.width, shape.channels];
        const random = new Random(shape.seed);
        const [x, y] = [int16s, int16s].map((f) => f(random, size[0] * size[1] * size[2])) as [
          number[],
          number[],
        ];
        const a = bed.place('i16', size, x, { left: 1 });
        const b = bed.place('i16', size, y, { top: 1, slack: 16 });
        const output = bed.place('i16', size, undefined, { right: 1 });
        const at = [a, b, output].flatMap(({ address, plane, row }) => [address, plane, row]);
        bed.call('add_i16', [...at, output.planes, size[0], size[1], ...range], output);
        const [lo, hi] = range as [number, number];
        expect(bed.unplace(output)).toEqual(x.map((v, i) => clamp(saturate16(v + y[i]!), lo, hi)));
      }),
      { numRuns: 50 },
    );
  });

  it('finds that this platform computes as the kernels need it', () => {
    expect(bed.kernels.selfTest()).toBe(0);
  });
}
