import { beforeAll, describe, expect, it } from 'vitest';
import { fitSpans } from './fit.ts';
import { loadImageModule, loadImagePipeline } from './image-node.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { limits } from './limits.ts';
import type { ImagePipeline } from './pipeline.ts';
import { beginResize, finishResize } from './resize.ts';
import { haveSampleImages, jpegFixture, pillow, plain, sampleImage } from './testing/fixtures-node.ts';
import { pngCases, randomPicture } from './testing/png-cases-node.ts';
import { encodePng } from './testing/png-encoder-node.ts';
import { digestOfTensors, tensorsDigest } from './testing/tensors-digest.ts';
import { loadTurbo } from './testing/turbo-node.ts';
import { jpegRow } from './testing/turbo-rgb.ts';
import { createImageInstances } from './wasm.ts';

let pipeline: ImagePipeline;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
});

const jpegs = (Object.keys(pillow.jpegs) as (keyof typeof pillow.jpegs)[]).map(
  (name) => jpegFixture(name).file,
);
const pngs = pngCases.map((kind) => encodePng(randomPicture(kind, 6)));

it('applies the recipe, at its own size or another', async () => {
  const white = encodePng({ width: 1, height: 1, bitDepth: 1, colourType: 0, samples: [1] });
  const recipe = { ...plain(2), mean: [127.5, 127.5, 127.5], scale: [2, 2, 2] } as ReturnType<typeof plain>;
  expect([...(await pipeline.toTensor(white, recipe)).tensor]).toEqual(Array(12).fill(255));
  expect((await pipeline.toTensor(white, recipe, { size: 7 })).tensor.length).toBe(7 * 7 * 3);
  await expect(pipeline.toTensor(white, recipe, { size: 0 })).rejects.toMatchObject({ type: 'bad-request' });
});

it('makes the same bits of every kind of picture as every other runtime', async () => {
  expect(await digestOfTensors(pipeline)).toBe(tensorsDigest);
});

it('gives the same tensors to calls that overlap', async () => {
  const files = [...jpegs, ...pngs];
  const alone: Float32Array[] = [];
  for (const file of files) alone.push((await pipeline.toTensor(file, plain(9, 'cover'))).tensor);
  const together = await Promise.all(files.map((file) => pipeline.toTensor(file, plain(9, 'cover'))));
  expect(together.map(({ tensor }) => tensor)).toEqual(alone);
});

it('leaves the bytes that it is given as they were', async () => {
  for (const file of [jpegs[0]!, pngs.at(-1)!]) {
    const copy = file.slice();
    await pipeline.toTensor(file, plain(4));
    expect(file).toEqual(copy);
  }
});

describe.skipIf(!haveSampleImages)('the sample images in ../shared/data/images', () => {
  it.each([
    ['photo-500x375.jpg', 500, 375, 8],
    ['exif6-480x640.jpg', 480, 640, 8],
    ['grey.jpg', 640, 480, 8],
    ['cmyk.jpg', 640, 480, 8],
    ['photo-12mp-baseline.jpg', 4032, 3024, 2],
    ['photo-12mp-progressive.jpg', 4032, 3024, 2],
    ['photo-12mp-progressive-444.jpg', 4032, 3024, 2],
    ['rgb16.png', 320, 240, 8],
    ['alpha.png', 640, 480, 8],
    ['alpha.webp', 640, 480, 8],
  ])('answers %s', async (name, width, height, eighths) => {
    const { tensor, info, work } = await pipeline.toTensor(sampleImage(name), plain(224));
    expect(info).toMatchObject({ width, height });
    expect(work.eighths).toBe(eighths);
    expect(tensor.every((value) => value >= 0 && value <= 255.001)).toBe(true);
    expect(new Set(tensor).size).toBeGreaterThan(100);
  });

  it.each([
    ['truncated.jpg', 'invalid-image'],
    ['bomb-30000x30000.png', 'image-too-many-pixels'],
    ['small.avif', 'unsupported-image'],
  ])('refuses %s', async (name, type) => {
    await expect(pipeline.toTensor(sampleImage(name), plain(224))).rejects.toMatchObject({ type });
  });

  it('turns the CMYK photo into the colours that it was made from', async () => {
    const { tensor } = await pipeline.toTensor(sampleImage('cmyk.jpg'), plain(224));
    const centre = 3 * (112 * 224 + 112);
    [16, 19, 20].forEach((value, c) => {
      expect(Math.abs(tensor[centre + c]! - value)).toBeLessThan(4);
    });
  });

  it('holds little of the memory that a large progressive photo took', async () => {
    const fresh = await loadImagePipeline();
    await fresh.toTensor(sampleImage('photo-12mp-progressive-444.jpg'), plain(224));
    expect(fresh.heldBytes()).toBeLessThanOrEqual(limits.maxKeptMemoryBytes);
  });

  it.each([
    ['photo-12mp-baseline.jpg', 2, 224, 0.5],
    ['photo-12mp-baseline.jpg', 4, 448, 0.3],
    ['photo-12mp-progressive.jpg', 1, 160, 1.5],
    ['photo-12mp-progressive-444.jpg', 2, 224, 0.5],
  ] as const)('sees %s at %d/8 as it sees the full decode', async (name, eighths, size, bound) => {
    const file = sampleImage(name);
    const { tensor, work } = await pipeline.toTensor(file, plain(size));
    expect(work.eighths).toBe(eighths);
    const full = await fullDecode(file, size);
    const error = full.reduce((sum, value, i) => sum + Math.abs(value - tensor[i]!), 0) / full.length;
    console.log(`mean error of ${name} at ${eighths}/8: ${error.toFixed(3)} of 255 levels`);
    expect(error).toBeLessThanOrEqual(bound);
  });
});

/** What libjpeg-turbo's whole picture shrinks to. */
async function fullDecode(file: Uint8Array, size: number): Promise<Float32Array> {
  const header = readJpegHeader(file);
  const decoder = await loadTurbo();
  return createImageInstances(await loadImageModule()).use((wasm) =>
    decoder.decode(file, header, 8, (decoded) => {
      const resizer = beginResize(wasm, fitSpans(decoded, decoded, 'stretch'), size);
      for (let y = 0; y < decoded.height; y++) {
        jpegRow(decoded, y, header.adobe, resizer.row);
        resizer.addRow(y);
      }
      return finishResize(wasm, size, 1, plain(size));
    }),
  );
}
