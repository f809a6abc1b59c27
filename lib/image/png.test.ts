import { deflateSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { loadImagePipeline } from './image-node.ts';
import { limits } from './limits.ts';
import type { ImagePipeline } from './pipeline.ts';
import { probe } from './probe.ts';
import { exif } from './testing/exif.ts';
import { plain } from './testing/fixtures-node.ts';
import { pngCases, randomPicture, reference } from './testing/png-cases-node.ts';
import { chunk, encodePng } from './testing/png-encoder-node.ts';

let pipeline: ImagePipeline;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
});

/** A picture at its own size: with a square of that size, stretching changes nothing. */
async function decode(file: Uint8Array, size: number): Promise<number[]> {
  return [...(await pipeline.toTensor(file, plain(size))).tensor];
}

function close(actual: number[], expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst).toBeLessThan(1e-3);
}

it.each(pngCases)(
  'reads colour type $colourType at $bitDepth bits, interlaced: $interlaced',
  async (kind) => {
    for (const size of [1, 2, 5, 13]) {
      const picture = randomPicture(kind, size);
      close(await decode(encodePng(picture), size), reference(picture));
    }
  },
);

it('reads a picture that is split over many small chunks', async () => {
  const picture = randomPicture({ colourType: 2, bitDepth: 8, interlaced: false }, 20);
  close(await decode(encodePng({ ...picture, idatBytes: 7 }), 20), reference(picture));
});

it('makes the transparent colour of grey and RGB pictures white', async () => {
  const grey = { width: 2, height: 2, bitDepth: 8, colourType: 0, samples: [7, 8, 7, 0] } as const;
  const pixels = await decode(encodePng({ ...grey, transparency: [0, 7] }), 2);
  expect(pixels.filter((_, i) => i % 3 === 0)).toEqual([255, 8, 255, 0]);
  const rgb = { width: 1, height: 1, bitDepth: 16, colourType: 2, samples: [258, 2, 3] } as const;
  expect(await decode(encodePng({ ...rgb, transparency: [1, 2, 0, 2, 0, 3] }), 1)).toEqual([255, 255, 255]);
  expect((await decode(encodePng({ ...rgb, transparency: [0, 2, 0, 2, 0, 3] }), 1))[1]).toBeLessThan(1);
});

it('turns a picture upright by its eXIf chunk', async () => {
  const row = { width: 2, height: 1, bitDepth: 8, colourType: 0, samples: [0, 255] } as const;
  const pixels = await decode(encodePng({ ...row, exif: exif(6) }), 2);
  expect(pixels.filter((_, i) => i % 3 === 0)).toEqual([0, 0, 255, 255]);
});

it('tells what it is from the header', () => {
  const picture = randomPicture({ colourType: 6, bitDepth: 16, interlaced: true }, 5);
  expect(probe(encodePng({ ...picture, exif: exif(8) }))).toEqual({
    ...{ format: 'png', contentType: 'image/png', extension: 'png' },
    ...{ width: 5, height: 5, orientation: 8, channels: 4, bitDepth: 16, progressive: true },
  });
});

const good = encodePng(randomPicture({ colourType: 2, bitDepth: 8, interlaced: false }, 9));
const signature = good.subarray(0, 8);
const ihdr = (width: number, height: number, depth = 8, colour = 2, rest = [0, 0, 0]) => {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  bytes.set([depth, colour, ...rest], 8);
  return chunk('IHDR', bytes);
};
const file = (...chunks: Uint8Array[]) => new Uint8Array(Buffer.concat([signature, ...chunks]));
const end = chunk('IEND', []);

it('refuses a bomb from its header, whatever follows', () => {
  const type = 'image-too-many-pixels';
  expect(() => probe(file(ihdr(30_000, 30_000)))).toThrow(expect.objectContaining({ type }));
  expect(() => probe(file(ihdr(0xffffffff, 1)))).toThrow(expect.objectContaining({ type }));
  expect(() => probe(file(ihdr(limits.maxSide + 1, 1)))).toThrow(expect.objectContaining({ type }));
  expect(() => probe(file(ihdr(8192, 6144, 16, 6)))).toThrow(expect.objectContaining({ type }));
});

it('refuses every cut of a file', async () => {
  for (let length = 8; length < good.length; length++)
    await expect(decode(good.subarray(0, length), 9)).rejects.toMatchObject({ type: 'invalid-image' });
});

it.each<[string, Uint8Array]>([
  ['no picture', file(ihdr(1, 1), end)],
  ['a width of zero', file(ihdr(0, 1), end)],
  ['a depth that does not exist', file(ihdr(1, 1, 4, 2), end)],
  ['a palette that is missing', file(ihdr(1, 1, 8, 3), chunk('IDAT', deflateSync(Buffer.alloc(2))), end)],
  [
    'a filter that does not exist',
    file(ihdr(1, 1), chunk('IDAT', deflateSync(Buffer.from([5, 0, 0, 0]))), end),
  ],
  ['data that is not zlib', file(ihdr(1, 1), chunk('IDAT', Buffer.from('nonsense')), end)],
  ['too few rows', file(ihdr(1, 2), chunk('IDAT', deflateSync(Buffer.alloc(4))), end)],
  ['a critical chunk that nobody knows', file(ihdr(1, 1), chunk('ABCD', []), end)],
  ['a header with a wrong checksum', good.map((byte, i) => (i === 30 ? byte ^ 1 : byte))],
])('refuses %s', async (_, bytes) => {
  await expect(decode(bytes, 1)).rejects.toMatchObject({ type: 'invalid-image' });
});

it('refuses a wrong checksum of the pixels', async () => {
  const rows = deflateSync(Buffer.alloc(4));
  rows[rows.length - 1]! ^= 1;
  await expect(decode(file(ihdr(1, 1), chunk('IDAT', rows), end), 1)).rejects.toMatchObject({
    type: 'invalid-image',
  });
});

it('reads a little data behind the last row, and refuses a lot of it', async () => {
  const picture = randomPicture({ colourType: 0, bitDepth: 8, interlaced: false }, 3);
  close(await decode(encodePng({ ...picture, surplus: 100 }), 3), reference(picture));
  const bomb = encodePng({ ...picture, surplus: 64 * 1024 * 1024 });
  await expect(decode(bomb, 3)).rejects.toMatchObject({ type: 'invalid-image' });
});
