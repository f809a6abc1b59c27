import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Orientation } from './exif.ts';
import { fitSpans } from './fit.ts';
import { loadImageModule } from './image-node.ts';
import { beginResize, finishResize, type Span } from './resize.ts';
import { pillow } from './testing/fixtures-node.ts';
import {
  asItIs,
  digestOfResizes,
  resizeBytes,
  resizeDigest,
  resizePicture,
} from './testing/resize-picture.ts';
import { resizeNaively } from './testing/resize-twin.ts';
import type { ImageWasm } from './wasm.ts';

let module: WebAssembly.Module;
let wasm: ImageWasm;
beforeAll(async () => {
  module = await loadImageModule();
  wasm = new WebAssembly.Instance(module).exports as unknown as ImageWasm;
});

/** One channel as three that tell whether lanes are mixed up: as it is, halved, and 255 minus it. */
const spread = (values: ArrayLike<number>) =>
  Array.from(values).flatMap((value) => [value, value / 2, 255 - value]);

function expectAlike(tensor: ArrayLike<number>, channel: number[], tolerance = 1e-3): void {
  const expected = spread(channel);
  expect(tensor.length).toBe(expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - tensor[i]!)));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

const whole = (inSize: number): Span => ({ inSize, start: 0, end: inSize });

const span = fc
  .record({ inSize: fc.integer({ min: 1, max: 60 }), cut: fc.nat(999) })
  .map(({ inSize, cut }) => ({ inSize, start: (cut * inSize) / 4000, end: inSize - (cut * inSize) / 3000 }));

/** A span on each axis, the side of the square, and numbers for a channel. */
const cases = fc
  .tuple(span, span, fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.nat(255)))
  .map(([across, down, size, random]) => {
    const pixels = across.inSize * down.inSize;
    return {
      across,
      down,
      size,
      values: Array.from({ length: pixels }, () => random.next().value as number),
    };
  });

it.each(pillow.resizes)('equals Pillow on $width × $height → $size, stretched and covered', (resize) => {
  const { width, height, size } = resize;
  for (const fit of ['stretch', 'cover'] as const) {
    const { across, down } = fitSpans({ width, height }, { width, height }, fit);
    const tensor = resizePicture(wasm, { across, down, values: spread(resize.values) }, size);
    expectAlike(tensor, resize[fit]);
  }
});

it('agrees with the filter written as a double sum over the picture, for any size, span and ratio', () => {
  fc.assert(
    fc.property(cases, ({ across, down, size, values }) => {
      const tensor = resizePicture(wasm, { across, down, values: spread(values) }, size);
      expectAlike(tensor, resizeNaively(values, across, down, size));
    }),
    { numRuns: 60 },
  );
});

it('takes rows of bytes to the same bits as rows of floats', () => {
  fc.assert(
    fc.property(cases, ({ across, down, size, values }) => {
      const rgb = values.flatMap((value, i) => [value, 255 - value, (31 * i) % 256]);
      const fromFloats = resizePicture(wasm, { across, down, values: rgb }, size);
      expect(resizeBytes(wasm, { across, down, values: rgb }, size)).toEqual(fromFloats);
    }),
  );
});

it('keeps a picture of one colour in that colour', () => {
  fc.assert(
    fc.property(cases, fc.nat(255), ({ across, down, size, values }, colour) => {
      const tensor = resizePicture(wasm, { across, down, values: spread(values.map(() => colour)) }, size);
      expectAlike(tensor, new Array(size * size).fill(colour), 1e-4);
    }),
  );
});

it('shrinks rows of the longest side', () => {
  const values = Array.from({ length: 32_768 * 2 }, (_, i) => (i >> 7) % 256);
  const picture = { across: whole(32_768), down: whole(2), values: spread(values) };
  expectAlike(resizePicture(wasm, picture, 2), resizeNaively(values, whole(32_768), whole(2), 2), 0.02);
});

it('changes nothing when the size stays the same', () => {
  const values = Array.from({ length: 3 * 49 }, (_, i) => (i * 37) % 256);
  const tensor = resizePicture(wasm, { across: whole(7), down: whole(7), values }, 7);
  expect([...tensor]).toEqual(values);
});

it('does not depend on the order of the rows, nor on whether a row comes in parts', () => {
  const values = Array.from({ length: 11 * 9 }, (_, i) => (i * 53) % 256);
  const resizer = beginResize(wasm, { across: whole(11), down: whole(9) }, 4);
  for (let y = 8; y >= 0; y--)
    for (const parity of [1, 0]) {
      resizer.row.fill(0);
      for (let x = parity; x < 11; x += 2) resizer.row.set(spread([values[y * 11 + x]!]), 3 * x);
      resizer.addRow(y);
    }
  expectAlike(finishResize(wasm, 4, 1, asItIs), resizeNaively(values, whole(11), whole(9), 4));
});

it('needs exactly the rows that reach the output', () => {
  const down = { inSize: 100, start: 40, end: 60 };
  const resizer = beginResize(wasm, { across: whole(4), down }, 10);
  const needed = Array.from({ length: 100 }, (_, y) => y).filter((y) => resizer.needs(y));
  expect([needed[0], needed.at(-1), needed.length]).toEqual([39, 60, 22]);
});

it.each(Object.entries(pillow.orientations))(
  'turns orientation %s upright as Pillow does',
  (orientation, expected) => {
    const values = Array.from({ length: 27 }, (_, i) => Math.floor(i / 3));
    const picture = { across: whole(3), down: whole(3), values };
    const upright = resizePicture(wasm, picture, 3, { orientation: Number(orientation) as Orientation });
    expect(Array.from({ length: 9 }, (_, i) => upright[3 * i])).toEqual(expected);
  },
);

it('subtracts the mean, then scales, in the channel order that it was asked for', () => {
  const picture = { across: whole(1), down: whole(1), values: [10, 20, 30] };
  const recipe = { mean: [1, 2, 3], scale: [1, 0.5, 2] } as {
    mean: [number, number, number];
    scale: [number, number, number];
  };
  const through = (channelOrder: 'rgb' | 'bgr') => [
    ...resizePicture(wasm, picture, 1, { recipe: { channelOrder, ...recipe } }),
  ];
  expect(through('bgr')).toEqual([30 - 1, (20 - 2) * 0.5, (10 - 3) * 2]);
  expect(through('rgb')).toEqual([10 - 1, (20 - 2) * 0.5, (30 - 3) * 2]);
});

it('says so when memory does not suffice', () => {
  const huge = { across: whole(1e7), down: whole(1e7) };
  const own = new WebAssembly.Instance(module).exports as unknown as ImageWasm;
  expect(() => beginResize(own, huge, 1024)).toThrow(expect.objectContaining({ type: 'overloaded' }));
});

it('has the bits of every other runtime', async () => {
  expect(await digestOfResizes(module)).toBe(resizeDigest);
});
