// What the kernels that only move numbers promise: copy, halo, fill_f32, block, unblock, channels.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../fixtures.ts';
import { addressOf, formats, KernelBed, type Placed } from '../testing.ts';

const side = (max: number) => fc.integer({ min: 1, max });
const margin = fc.nat(2);
const picture = fc.record({
  shape: fc.tuple(side(6), side(20), side(20)),
  halo: fc.record({ top: margin, right: margin, bottom: margin, left: margin }),
  slack: fc.constantFrom(0, 8, 16),
  seed: fc.nat(),
});
const everyFormat = ['f32', 'i16', 'u7'] as const;

/** Whole numbers that every format holds. */
export const wholeNumbers = (seed: number, n: number) =>
  Array.from(new Random(seed).array(n, 63), (v) => Math.round(v) + 64);

export function movesSuite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  it.each(everyFormat)('copy moves every byte of a picture: %s', (format) => {
    fc.assert(
      fc.property(picture, ({ shape, halo, slack, seed }) => {
        bed.reset();
        const x = bed.place(format, shape, wholeNumbers(seed, size(shape)), { ...halo, slack });
        const output = bed.place(format, shape, undefined, seed % 2 ? { right: 1 } : {});
        const line = shape[1] * formats[format].pixel;
        bed.call('copy', [...source(x), ...source(output), x.planes, shape[0], line], output);
        expect(bed.unplace(output, true)).toEqual(bed.unplace(x, true));
      }),
      { numRuns: 40 },
    );
  });

  it.each(everyFormat)('halo sets what surrounds a picture, and not the picture: %s', (format) => {
    fc.assert(
      fc.property(picture, ({ shape: [h, w, c], halo, slack, seed }) => {
        bed.reset();
        const { top, right, bottom, left } = halo;
        const { pixel, bytes } = formats[format];
        const data = wholeNumbers(seed, h * w * c);
        const value = format === 'u7' ? seed % 128 : 0;
        const inner = bed.place(format, [h, w, c], data, { ...halo, slack });
        const outer: Placed = {
          ...inner,
          shape: [top + h + bottom, left + w + right, c],
          address: inner.address - top * inner.row - left * pixel,
        };
        const lines = [top, h, bottom, left * pixel, w * pixel, right * pixel];
        bed.call('halo', [outer.address, outer.plane, outer.row, outer.planes, ...lines, value], outer);
        expect(bed.unplace(inner)).toEqual(data);
        for (let y = -top; y < h + bottom; y++)
          for (let x = -left; x < w + right; x++) {
            if (y >= 0 && y < h && x >= 0 && x < w) continue;
            for (let k = 0; k * bytes < outer.planes * pixel; k++)
              expect(bed.get(format, addressOf(inner, y, x, k))).toBe(value);
          }
      }),
      { numRuns: 40 },
    );
  });

  it('fill_f32 sets every number of a picture', () => {
    bed.reset();
    const output = bed.place('f32', [3, 5, 11], undefined, { left: 1, bottom: 1 });
    bed.call('fill_f32', [...source(output), output.planes, 3, 5, -1.5], output);
    expect(bed.unplace(output, true)).toEqual(new Array(3 * 5 * 16).fill(-1.5));
  });

  it.each(everyFormat)('block lays a picture out in planes, and unblock takes it back: %s', (format) => {
    fc.assert(
      fc.property(picture, ({ shape, halo, slack, seed }) => {
        bed.reset();
        const [h, w, c] = shape;
        const data = wholeNumbers(seed, size(shape));
        const flat = format === 'f32' ? bed.f32(data) : format === 'i16' ? bed.i16(data) : bed.u8(data);
        const planes = bed.place(format, shape, undefined, { ...halo, slack });
        bed.call(`block_${format}`, [flat, h, w, c, ...source(planes)], planes);
        expect(bed.unplace(planes)).toEqual(data);
        const unused = bed.unplace(planes, true).filter((_, i) => i % (Math.ceil(c / 8) * 8) >= c);
        expect(unused.every((v) => v === 0)).toBe(true);
        const back = { address: bed.reserve(data.length * formats[format].bytes), bytes: 0 };
        back.bytes = data.length * formats[format].bytes;
        bed.call(`unblock_${format}`, [...source(planes), h, w, c, back.address], back);
        expect(bed.read(format, back.address, data.length)).toEqual(data);
      }),
      { numRuns: 40 },
    );
  });

  it.each(everyFormat)('channels copies the channels of a list, and no others: %s', (format) => {
    const list = fc.array(fc.tuple(fc.nat(15), fc.nat(23)), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(picture, list, ({ shape: [h, w], halo, slack, seed }, pairs) => {
        bed.reset();
        const from = pairs.map(([f]) => f);
        const to = [...new Set(pairs.map(([, t]) => t))];
        from.length = to.length;
        const x = bed.place(format, [h, w, 16], wholeNumbers(seed, h * w * 16), { ...halo, slack });
        const before = wholeNumbers(seed + 1, h * w * 24);
        const output = bed.place(format, [h, w, 24], before, { left: 1 });
        const lists = [bed.i32(from), bed.i32(to), to.length];
        bed.call(`channels_${format}`, [...source(x), ...source(output), h, w, ...lists], output);
        const input = bed.unplace(x);
        const expected = before.map((v, i) => {
          const at = to.indexOf(i % 24);
          return at < 0 ? v : input[Math.floor(i / 24) * 16 + from[at]!]!;
        });
        expect(bed.unplace(output)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
}

const source = ({ address, plane, row }: Placed) => [address, plane, row];
const size = ([h, w, c]: [number, number, number]) => h * w * c;
