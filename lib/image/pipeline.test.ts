import { beforeAll, describe, expect, it } from 'vitest';
import { fitSpans } from './fit.ts';
import { loadImagePipeline, loadJpegTurbo } from './image-node.ts';
import { createJpegDecoder } from './jpeg-decoder.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { jpegRow } from './jpeg-rgb.ts';
import type { Eighths } from './jpeg-scale.ts';
import type { ImagePipeline } from './pipeline.ts';
import { createResizer } from './resize.ts';
import { haveSampleImages, jpegFixture, pillow, plain, sampleImage } from './testing/fixtures-node.ts';
import { pngCases, randomPicture } from './testing/png-cases-node.ts';
import { encodePng } from './testing/png-encoder-node.ts';

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

  it('holds no memory of a large progressive photo', async () => {
    const fresh = await loadImagePipeline();
    await fresh.toTensor(sampleImage('photo-12mp-progressive-444.jpg'), plain(224));
    expect(fresh.heldBytes()).toBe(0);
  });

  it.each([
    ['photo-12mp-baseline.jpg', 2, 0.5],
    ['photo-12mp-baseline.jpg', 4, 0.2],
  ] as const)('sees %s at %d/8 as it sees the full decode', async (name, eighths, bound) => {
    const decoder = createJpegDecoder(await loadJpegTurbo());
    const file = sampleImage(name);
    const header = readJpegHeader(file);
    const shrink = (n: Eighths) =>
      decoder.decode(file, header, n, (decoded) => {
        const extent = { width: (header.width * n) / 8, height: (header.height * n) / 8 };
        const { across, down } = fitSpans(decoded, extent, 'stretch');
        const resizer = createResizer(across, down, 224);
        for (let y = 0; y < decoded.height; y++) {
          jpegRow(decoded, y, header.adobe, resizer.row);
          resizer.addRow(y);
        }
        return resizer.pixels;
      });
    const full = shrink(8);
    const scaled = shrink(eighths);
    let sum = 0;
    for (let i = 0; i < full.length; i++) sum += Math.abs(full[i]! - scaled[i]!);
    console.log(`mean error of ${name} at ${eighths}/8: ${(sum / full.length).toFixed(3)} of 255 levels`);
    expect(sum / full.length).toBeLessThanOrEqual(bound);
  });
});
