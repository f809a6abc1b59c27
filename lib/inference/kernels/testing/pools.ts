// What the pools promise, in every format.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolvePadding } from '../../../graph/index.ts';
import { Random } from '../../fixtures.ts';
import { type Format, KernelBed } from '../testing.ts';
import { expectNear } from './near.ts';

const side = (max: number) => fc.integer({ min: 1, max });
const pooling = fc.record({
  shape: fc.tuple(side(9), side(9), side(20)),
  window: fc.tuple(side(4), side(4)),
  stride: fc.tuple(side(3), side(3)),
  padding: fc.constantFrom('same', 'valid', 'ends'),
  ceil: fc.boolean(),
  countPadding: fc.boolean(),
  slack: fc.constantFrom(0, 16),
  seed: fc.nat(),
});
type Shape = typeof pooling extends fc.Arbitrary<infer T> ? T : never;

const formats: readonly Format[] = ['f32', 'i16', 'u7'];

export function poolsSuite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  it.each(formats)('maxPool takes the largest cell of the picture in each window: %s', (format) => {
    fc.assert(
      fc.property(pooling, (shape) => {
        pool(bed, 'maxPool', format, shape, (actual, cells) =>
          expect(actual).toEqual(cells.map(({ values }) => Math.max(...values))),
        );
      }),
      { numRuns: 60 },
    );
  });

  it.each(formats)('avgPool divides by what counts of each window: %s', (format) => {
    fc.assert(
      fc.property(pooling, (shape) => {
        pool(bed, 'avgPool', format, shape, (actual, cells) => {
          const means = cells.map(
            ({ values, counted }) => total(values) / (shape.countPadding ? counted : values.length),
          );
          const exact = cells.map(({ values }, i) => ({
            sum: means[i]!,
            magnitude: total(values.map(Math.abs)),
          }));
          if (format === 'f32') expectNear(actual, exact);
          else
            expect(actual.map((v, i) => Math.abs(v - means[i]!) <= 0.5000001)).toEqual(
              actual.map(() => true),
            );
        });
      }),
      { numRuns: 60 },
    );
  });

  it('avgPool rounds half to even', () => {
    bed.reset();
    const x = bed.place('i16', [1, 8, 1], [1, 2, 3, 4, -1, -2, -3, -4]);
    const output = bed.place('i16', [1, 4, 1]);
    const window = [1, 8, 1, 2, 1, 2, 0, 0];
    const to = [output.address, output.plane, output.row, 1, 4, 1, 0, 0];
    bed.call('avgPool_i16', [x.address, x.plane, x.row, ...window, ...to], output);
    expect(bed.unplace(output)).toEqual([2, 4, -2, -4]);
  });
}

interface Cells {
  values: number[];
  counted: number;
}

function pool(
  bed: KernelBed,
  kernel: 'maxPool' | 'avgPool',
  format: Format,
  shape: Shape,
  judge: (actual: number[], cells: Cells[]) => void,
): void {
  const { window, stride, ceil, slack } = shape;
  const [h, w, c] = shape.shape;
  const edge = ([size, at]: [number, number]) => Math.min(size - 1, at);
  const [y0, x0] = [edge([window[0], 1]), edge([window[1], 2])];
  const padding = shape.padding === 'ends' ? { top: y0, bottom: y0, left: x0, right: x0 } : shape.padding;
  const pads = resolvePadding({ padding, stride, ceil }, window, h, w);
  const { outHeight: height, outWidth: width } = pads;
  if (height < 1 || width < 1) return;
  bed.reset();
  const numbers = new Random(shape.seed).array(h * w * c, 60);
  const whole = (v: number) => (format === 'u7' ? Math.abs(Math.round(v)) : Math.round(v) + 0);
  const data = Array.from(numbers, (v) => (format === 'f32' ? v : whole(v)));
  const x = bed.place(format, [h, w, c], data, { left: 1, slack });
  const output = bed.place(format, [height, width, c], undefined, { bottom: 1, right: 1 });
  const from = [x.address, x.plane, x.row, h, w, ...window, ...stride, pads.top, pads.left];
  const to = [output.address, output.plane, output.row, height, width, x.planes];
  const counted = shape.countPadding ? [h + pads.bottom, w + pads.right] : [0, 0];
  bed.call(`${kernel}_${format}`, [...from, ...to, ...(kernel === 'avgPool' ? counted : [])], output);
  const cells = Array.from({ length: height * width * c }, (_, i): Cells => {
    const [k, ox, oy] = [i % c, Math.floor(i / c) % width, Math.floor(i / c / width)];
    const found: Cells = { values: [], counted: 0 };
    for (let ky = 0; ky < window[0]; ky++)
      for (let kx = 0; kx < window[1]; kx++) {
        const [iy, ix] = [oy * stride[0] + ky - pads.top, ox * stride[1] + kx - pads.left];
        if (iy < h + pads.bottom && ix < w + pads.right) found.counted++;
        if (iy >= 0 && iy < h && ix >= 0 && ix < w) found.values.push(data[(iy * w + ix) * c + k]!);
      }
    return found;
  });
  if (cells.some(({ values }) => values.length === 0)) return;
  judge(bed.unplace(output), cells);
}

const total = (values: number[]) => values.reduce((a, b) => a + b, 0);
