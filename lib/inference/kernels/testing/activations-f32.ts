// What activation functions, softmax and local response normalisation promise in float32.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ActivationKind } from '../../../graph/index.ts';
import { Random } from '../../fixtures.ts';
import { KernelBed, type Placed } from '../testing.ts';
import { clamp } from './near.ts';

const side = (max: number) => fc.integer({ min: 1, max });
const picture = fc.record({
  shape: fc.tuple(side(3), side(4), side(30)),
  slack: fc.constantFrom(0, 16),
  inPlace: fc.boolean(),
  seed: fc.nat(),
});
type Picture = typeof picture extends fc.Arbitrary<infer T> ? T : never;

const relu6 = (x: number) => clamp(x, 0, 6);
const alpha = 0.125;

/** In the order that activate_f32 numbers them by. */
const curves: [ActivationKind, (x: number) => number][] = [
  ['relu', (x) => Math.max(x, 0)],
  ['relu6', relu6],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x))],
  ['swish', (x) => x / (1 + Math.exp(-x))],
  ['hardSwish', (x) => (x * relu6(x + 3)) / 6],
  ['hardSigmoid', (x) => relu6(x + 3) / 6],
  ['leakyRelu', (x) => (x < 0 ? x * alpha : x)],
  ['tanh', Math.tanh],
];

export function activationsF32Suite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  it.each(curves.map(([kind, curve], number) => ({ kind, curve, number })))(
    'activate_f32: $kind, to 1e-6 of its value',
    ({ curve, number }) => {
      fc.assert(
        fc.property(picture, fc.constantFrom(0.01, 1, 8, 100), (shape, range) => {
          const { input, output } = run(bed, shape, range, (x, to) => {
            const extent = [x.planes, shape.shape[0], shape.shape[1]];
            bed.call('activate_f32', [number, alpha, ...source(x), ...source(to), ...extent], to);
          });
          expectClose(output, input.map(curve), 1e-6);
        }),
        { numRuns: 40 },
      );
    },
  );

  it('activate_f32 keeps its limits: NaN, infinities and zeros', () => {
    bed.reset();
    const numbers = [Number.NaN, Infinity, -Infinity, 0, 1e30, -1e30, 87.5, -87.5];
    const x = bed.place('f32', [1, 1, 8], numbers);
    const output = bed.place('f32', [1, 1, 8]);
    for (const [number, limits] of [
      [2, [Number.NaN, 1, 0, 0.5, 1, 0, 1, 0]],
      [7, [Number.NaN, 1, -1, 0, 1, -1, 1, -1]],
    ] as const) {
      bed.call('activate_f32', [number, 0, ...source(x), ...source(output), x.planes, 1, 1], output);
      expect(bed.unplace(output).map((v) => v + 0)).toEqual(limits);
    }
  });

  it('softmax_f32 gives the shares of e^x at every pixel, and zeros in channels that are none', () => {
    fc.assert(
      fc.property(picture, fc.constantFrom(1, 10, 200), (shape, range) => {
        const [h, w, c] = shape.shape;
        const { input, output, unused } = run(bed, shape, range, (x, to) =>
          bed.call('softmax_f32', [...source(x), ...source(to), c, h, w], to),
        );
        const expected = input.map((v, i) => {
          const pixel = input.slice(i - (i % c), i - (i % c) + c);
          return 1 / pixel.reduce((sum, other) => sum + Math.exp(other - v), 0);
        });
        // x − max is rounded before e^ is taken of it: half a unit in the last place of 2 · range.
        expectClose(output, expected, 1e-6 + 1.2e-7 * range, 1e-30);
        expect(unused.every((v) => v === 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('lrn_f32 divides by the power of the sum of squares around each channel', () => {
    fc.assert(
      fc.property(
        picture,
        fc.constantFrom(1, 3, 5, 9),
        fc.constantFrom(0.5, 0.75, 1, 0.6),
        (shape, size, beta) => {
          const [h, w, c] = shape.shape;
          const [factor, bias] = [0.25, 1.5];
          const { input, output, unused } = run(bed, shape, 3, (x, to) =>
            bed.call('lrn_f32', [...source(x), ...source(to), c, h, w, size, factor, beta, bias], to),
          );
          const expected = input.map((v, i) => {
            const first = i - (i % c);
            const around = input.slice(
              Math.max(first, i - (size - 1) / 2),
              Math.min(first + c, i + (size + 1) / 2),
            );
            return v / (bias + factor * around.reduce((sum, other) => sum + other ** 2, 0)) ** beta;
          });
          expectClose(output, expected, 1e-6);
          expect(unused.every((v) => v === 0)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
}

const source = ({ address, plane, row }: Placed) => [address, plane, row];

/** Lays out a random picture, calls, and answers what went in and came out. */
function run(
  bed: KernelBed,
  { shape, slack, inPlace, seed }: Picture,
  range: number,
  call: (x: Placed, to: Placed) => void,
) {
  bed.reset();
  const [h, w, c] = shape;
  const input = Array.from(new Random(seed).array(h * w * c, range));
  const x = bed.place('f32', shape, input, { slack, left: 1 });
  const to = inPlace ? x : bed.place('f32', shape, undefined, { right: 1, slack });
  call(x, to);
  const unused = bed.unplace(to, true).filter((_, i) => i % (Math.ceil(c / 8) * 8) >= c);
  return { input, output: bed.unplace(to), unused };
}

function expectClose(actual: number[], expected: number[], relative: number, absolute = 1e-35): void {
  const off = actual.findIndex(
    (v, i) => !(Math.abs(v - expected[i]!) <= relative * Math.abs(expected[i]!) + absolute),
  );
  if (off >= 0) expect.fail(`number ${off} is ${actual[off]}, should be ${expected[off]}`);
}
