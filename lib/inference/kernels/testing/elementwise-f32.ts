// What the element-wise kernels in float32 promise, and the mean over pixels.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures.ts';
import { KernelBed, type Placed, padded8 } from '../testing.ts';
import { clamp, expectNear } from './near.ts';

const side = (max: number) => fc.integer({ min: 1, max });
const picture = fc.record({
  shape: fc.tuple(side(5), side(6), side(20)),
  slack: fc.constantFrom(0, 16),
  seed: fc.nat(),
});
const size = ([h, w, c]: [number, number, number]) => h * w * c;
const source = ({ address, plane, row }: Placed) => [address, plane, row];

export function elementwiseF32Suite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  for (const [kernel, of] of [
    ['add_f32', (a: number, b: number) => a + b],
    ['mul_f32', (a: number, b: number) => a * b],
  ] as const)
    it(`${kernel} combines two pictures and clamps, also in place`, () => {
      fc.assert(
        fc.property(picture, fc.boolean(), ({ shape, slack, seed }, inPlace) => {
          bed.reset();
          const random = new Random(seed);
          const [a, b] = [random.array(size(shape), 2), random.array(size(shape), 2)];
          const [pa, pb] = [
            bed.place('f32', shape, a, { slack, left: 1 }),
            bed.place('f32', shape, b, { top: 1 }),
          ];
          const output = inPlace ? pa : bed.place('f32', shape, undefined, { right: 1 });
          const extent = [output.planes, shape[0], shape[1], -1, 1.5];
          bed.call(kernel, [...source(pa), ...source(pb), ...source(output), ...extent], output);
          expect(bed.unplace(output)).toEqual(
            Array.from(a, (v, i) => clamp(Math.fround(of(v, b[i]!)), -1, 1.5)),
          );
        }),
        { numRuns: 30 },
      );
    });

  it('affine_f32 scales and shifts every channel by numbers of its own', () => {
    fc.assert(
      fc.property(picture, ({ shape, slack, seed }) => {
        bed.reset();
        const random = new Random(seed);
        const [x, scale, shift] = [size(shape), shape[2], shape[2]].map((n) => random.array(n!, 2)) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const input = bed.place('f32', shape, x, { slack });
        const output = bed.place('f32', shape, undefined, { left: 2 });
        const numbers = [bed.f32(padded8(scale)), bed.f32(padded8(shift))];
        const extent = [output.planes, shape[0], shape[1], 0, 6];
        bed.call('affine_f32', [...source(input), ...numbers, ...source(output), ...extent], output);
        const expected = Array.from(x, (v, i) => {
          const c = i % shape[2];
          return clamp(Math.fround(Math.fround(v * scale[c]!) + shift[c]!), 0, 6);
        });
        expect(bed.unplace(output)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('mean_f32 averages every channel over the pixels', () => {
    fc.assert(
      fc.property(picture, ({ shape, slack, seed }) => {
        bed.reset();
        const x = new Random(seed).array(size(shape), 2);
        const input = bed.place('f32', shape, x, { slack, top: 1, right: 1 });
        const output = bed.reserve(input.planes * 16);
        const [h, w, c] = shape;
        const written = { address: output, bytes: input.planes * 16 };
        bed.call('mean_f32', [...source(input), h, w, input.planes, output], written);
        const exact = Array.from({ length: c }, (_, k) => {
          const values = Array.from(x.filter((_, i) => i % c === k));
          const magnitude = values.reduce((a, b) => a + Math.abs(b), 0) / (h * w);
          return { sum: values.reduce((a, b) => a + b, 0) / (h * w), magnitude };
        });
        expectNear(bed.read('f32', output, c), exact);
      }),
      { numRuns: 30 },
    );
  });

  it('lets NaN through, whatever the bounds', () => {
    bed.reset();
    const x = bed.place('f32', [1, 1, 8], [Number.NaN, Infinity, -Infinity, 0, 1, 2, 3, 4]);
    const output = bed.place('f32', [1, 1, 8]);
    bed.call('add_f32', [...source(x), ...source(x), ...source(output), 2, 1, 1, 0, 6], output);
    expect(bed.unplace(output)).toEqual([Number.NaN, 6, 0, 0, 2, 4, 6, 6]);
  });
}
