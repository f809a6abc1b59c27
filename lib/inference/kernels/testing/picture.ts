// What the kernels at a plan's input promise: columns_f32, columns_i16, quantise_picture.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures.ts';
import { formats, KernelBed } from '../testing.ts';
import { clamp } from './near.ts';

const side = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number) => fc.tuple(side(max), side(max));

const columns = fc.record({
  picture: pair(9),
  channels: side(4),
  kernel: pair(5),
  stride: pair(3),
  dilation: pair(2),
  pad: fc.tuple(fc.nat(3), fc.nat(3)),
  output: pair(6),
  slack: fc.constantFrom(0, 16),
  seed: fc.nat(),
});

export function pictureSuite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  for (const format of ['f32', 'i16'] as const)
    it(`columns_${format} gathers every field, zeros outside the picture and behind the field`, () => {
      fc.assert(
        fc.property(columns, (shape) => {
          bed.reset();
          const { channels: c, slack } = shape;
          const [[h, w], [kh, kw], [sh, sw], [dh, dw]] = [
            shape.picture,
            shape.kernel,
            shape.stride,
            shape.dilation,
          ];
          const [[top, left], [height, width]] = [shape.pad, shape.output];
          const x = Array.from(new Random(shape.seed).array(h * w * c, 1000), (v) => Math.round(v) + 0);
          const k = kh * kw * c;
          const output = bed.place(format, [1, height * width, k], undefined, { slack });
          const input = format === 'f32' ? bed.f32(x) : bed.i16(x);
          const field = [h, w, c, kh, kw, sh, sw, dh, dw, top, left];
          bed.call(
            `columns_${format}`,
            [input, ...field, output.address, output.plane, height, width],
            output,
          );
          const expected = Array.from({ length: height * width }, (_, m) =>
            Array.from({ length: output.planes * formats[format].block }, (_, i) => {
              const [ky, kx] = [Math.floor(i / c / kw), Math.floor(i / c) % kw];
              const iy = Math.floor(m / width) * sh - top + ky * dh;
              const ix = (m % width) * sw - left + kx * dw;
              const inside = i < k && iy >= 0 && iy < h && ix >= 0 && ix < w;
              return inside ? x[(iy * w + ix) * c + (i % c)]! : 0;
            }),
          ).flat();
          expect(bed.unplace(output, true)).toEqual(expected);
        }),
        { numRuns: 60 },
      );
    });

  it('quantise_picture rounds half to even and clips, for any number of numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (n, seed) => {
        bed.reset();
        const x = new Random(seed).array(n, 12);
        for (let i = 0; i < n; i += 3) x[i] = Math.round(x[i]!) / 2;
        const output = bed.reserve(n * 2);
        bed.call('quantise_picture', [bed.f32(x), output, n, 2, -20, 19], { address: output, bytes: n * 2 });
        expect(bed.read('i16', output, n)).toEqual(Array.from(x, (v) => clamp(halfToEven(v * 2), -20, 19)));
      }),
      { numRuns: 60 },
    );
  });

  it('quantise_picture survives what is no number', () => {
    bed.reset();
    const x = [Number.NaN, Infinity, -Infinity, 1e30, -1e30, 0.5, 1.5, 2.5, -0.5];
    const output = bed.reserve(18);
    bed.call('quantise_picture', [bed.f32(x), output, 9, 1, -8191, 8191], { address: output, bytes: 18 });
    expect(bed.read('i16', output, 9)).toEqual([0, 8191, -8191, 8191, -8191, 0, 2, 2, 0]);
  });
}

function halfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x) + 0;
  return below % 2 === 0 ? below : below + 1;
}
