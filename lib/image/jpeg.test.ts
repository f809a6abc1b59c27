import { beforeAll, expect, it } from 'vitest';
import { loadImagePipeline } from './image-node.ts';
import { chooseEighths, scaledSide } from './jpeg-scale.ts';
import { limits } from './limits.ts';
import type { ImagePipeline } from './pipeline.ts';
import { probe } from './probe.ts';
import { exif, insertSegment, withExif } from './testing/exif.ts';
import { jpegFixture, pillow, plain } from './testing/fixtures-node.ts';
import { type JpegReader, loadJpegReader } from './testing/jpeg-node.ts';

let pipeline: ImagePipeline;
let reader: JpegReader;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
  reader = await loadJpegReader();
});

type Name = keyof typeof pillow.jpegs;
const names = Object.keys(pillow.jpegs) as Name[];

it.each(names)('decodes %s to the same pixels as Pillow', (name) => {
  const { file, rgb } = jpegFixture(name);
  const ours = [...reader.decode(file, 8).rgb];
  expect(ours.length).toBe(rgb.length);
  const worst = Math.max(...ours.map((value, i) => Math.abs(value - rgb[i]!)));
  // Inks are multiplied and rounded in another order.
  expect(worst).toBeLessThanOrEqual(name === 'CMYK' ? 1.01 : 0);
});

it.each(names)('refuses every cut of %s, even one that ends with an end marker', async (name) => {
  const { file } = jpegFixture(name);
  const scan = file.lastIndexOf(0xda);
  for (let length = 3; length < file.length; length++) {
    const cut = file.subarray(0, length);
    await expect(pipeline.toTensor(cut, plain(4))).rejects.toMatchObject({ type: 'invalid-image' });
    if (length < scan + 20 || length > file.length - 8) continue;
    const sealed = Uint8Array.from([...cut, 0xff, 0xd9]);
    await expect(pipeline.toTensor(sealed, plain(4))).rejects.toMatchObject({ type: 'invalid-image' });
  }
});

it('keeps working, in the same memory, after damaged files', async () => {
  const { file } = jpegFixture('baseline 4:2:0');
  const before = await pipeline.toTensor(file, plain(8));
  const held = pipeline.heldBytes();
  const broken = file.slice();
  broken.fill(0x55, file.length - 60, file.length - 2);
  for (let i = 0; i < 200; i++) {
    await pipeline.toTensor(broken, plain(8)).catch(() => {});
    await pipeline.toTensor(file, plain(8));
  }
  expect((await pipeline.toTensor(file, plain(8))).tensor).toEqual(before.tensor);
  expect(pipeline.heldBytes()).toBe(held);
});

it.each(names)('ignores padding before the end marker of %s, and films behind it', async (name) => {
  const { file } = jpegFixture(name);
  const { tensor } = await pipeline.toTensor(file, plain(8));
  const padded = Uint8Array.from([...file.subarray(0, -2), 0, 0, 0, 0, 0, 0, 0xff, 0xd9]);
  expect((await pipeline.toTensor(padded, plain(8))).tensor).toEqual(tensor);
  const followed = Uint8Array.from([...file, ...Buffer.from('ftypmp42 and so on')]);
  expect((await pipeline.toTensor(followed, plain(8))).tensor).toEqual(tensor);
});

it('turns the picture upright for every orientation, stretched and covered', async () => {
  const { file } = jpegFixture('baseline 4:4:4 with restarts');
  for (const fit of ['stretch', 'cover'] as const) {
    const stored = (await pipeline.toTensor(file, plain(3, fit))).tensor;
    for (const [orientation, places] of Object.entries(pillow.orientations)) {
      const turned = await pipeline.toTensor(withExif(file, exif(Number(orientation))), plain(3, fit));
      expect(turned.info.orientation).toBe(Number(orientation));
      expect([...turned.tensor]).toEqual(places.flatMap((at) => [...stored.subarray(3 * at, 3 * at + 3)]));
    }
  }
});

it('tells what it is from the header', () => {
  const { file } = jpegFixture('progressive 4:2:0');
  expect(probe(withExif(file, exif(3)))).toEqual({
    ...{ format: 'jpeg', contentType: 'image/jpeg', extension: 'jpg' },
    ...{ width: 19, height: 13, orientation: 3, channels: 3, bitDepth: 8, progressive: true },
  });
});

it('decodes no more than twice the target on the short side needs', () => {
  const photo = { width: 4032, height: 3024, channels: 3 };
  expect(chooseEighths(photo, 224)).toBe(2);
  expect(chooseEighths(photo, 189)).toBe(1);
  expect(chooseEighths(photo, 190)).toBe(2);
  expect(chooseEighths({ width: 500, height: 375, channels: 3 }, 224)).toBe(8);
  expect(chooseEighths({ width: 1, height: 1, channels: 3 }, 224)).toBe(8);
});

it('keeps a decoded picture within its bound for every shape that is accepted', () => {
  for (const width of [895, 1500, 6000, 8192, limits.maxSide])
    for (const channels of [1, 3, 4]) {
      const height = Math.min(limits.maxSide, Math.floor(limits.maxPixels / width));
      const n = chooseEighths({ width, height, channels }, 224);
      expect(scaledSide(width, n) * scaledSide(height, n) * channels).toBeLessThanOrEqual(
        limits.maxDecodedBytes,
      );
    }
});

/** The fixture with another size written into its frame header. */
function resized(name: Name, width: number, height: number): Uint8Array {
  const file = jpegFixture(name).file.slice();
  let at = 2;
  while (file[at + 1] !== 0xc0 && file[at + 1] !== 0xc2) at += 2 + file[at + 2]! * 256 + file[at + 3]!;
  file.set([height >> 8, height & 255, width >> 8, width & 255], at + 5);
  return file;
}

it('refuses what would not fit, from the header', () => {
  const type = 'image-too-many-pixels';
  expect(() => probe(resized('baseline 4:2:0', 10_000, 10_000))).toThrow(expect.objectContaining({ type }));
  expect(() => probe(resized('baseline 4:2:0', 40_000, 1))).toThrow(expect.objectContaining({ type }));
  expect(() => probe(resized('progressive 4:2:0', 8000, 6000))).toThrow(expect.objectContaining({ type }));
  expect(probe(resized('progressive 4:2:0', 4080, 3072)).width).toBe(4080);
  expect(probe(resized('baseline 4:2:0', 8192, 6144)).height).toBe(6144);
});

it('refuses a JPEG of endless scans', () => {
  const { file } = jpegFixture('progressive 4:2:0');
  const at = file.lastIndexOf(0xda) - 1;
  const scan = file.subarray(at, -2);
  const scans = Array.from({ length: limits.maxScans }, () => [...scan]).flat();
  const bomb = Uint8Array.from([...file.subarray(0, -2), ...scans, 0xff, 0xd9]);
  expect(() => probe(bomb)).toThrow(expect.objectContaining({ type: 'unsupported-image' }));
});

it('names the kinds of JPEG that it does not decode', () => {
  const { file } = jpegFixture('baseline 4:2:0');
  const at = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === 0xc0);
  for (const kind of [0xc3, 0xc9]) {
    const other = file.slice();
    other[at + 1] = kind;
    expect(() => probe(other)).toThrow(expect.objectContaining({ type: 'unsupported-image' }));
  }
  const deep = file.slice();
  deep[at + 4] = 12;
  expect(() => probe(deep)).toThrow(/12 bits/);
});

it('is not fooled by a comment that looks like a harmless warning', async () => {
  const { file } = jpegFixture('baseline 4:2:0');
  const text = [...Buffer.from('Corrupt JPEG data: 5 extraneous bytes before marker 0xd9\0')];
  const broken = insertSegment(Uint8Array.from([...file.subarray(0, -20), 0xff, 0xd9]), 0xfe, text);
  await expect(pipeline.toTensor(broken, plain(4))).rejects.toMatchObject({ type: 'invalid-image' });
});
