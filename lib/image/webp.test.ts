import { beforeAll, describe, expect, it } from 'vitest';
import webps from './fixtures/webp.json' with { type: 'json' };
import { loadImagePipeline, loadWebp } from './image-node.ts';
import { limits } from './limits.ts';
import type { ImagePipeline } from './pipeline.ts';
import { probe } from './probe.ts';
import { haveSampleImages, plain, sampleImage } from './testing/fixtures-node.ts';
import { encodePng } from './testing/png-encoder-node.ts';
import { createWebpDecoder } from './webp-decoder.ts';
import { readWebpHeader } from './webp-header.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const pictures = Object.entries(webps.pictures).map(([name, { file, rgba, ...rest }]) => ({
  name,
  file: bytesOf(file),
  rgba: bytesOf(rgba),
  ...rest,
}));
const picture = (name: string) => pictures.find((one) => one.name === name)!;

/** A lossless WebP's container and signature with any width and height; no picture behind it. */
function forged(width: number, height: number, canvas?: [number, number]): Uint8Array {
  const bits = ((width - 1) | ((height - 1) << 14)) >>> 0;
  const body = Buffer.from([0x2f, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >>> 24, 0]);
  const size = Buffer.alloc(4);
  const chunk = (name: string, data: Buffer) => {
    size.writeUInt32LE(data.length);
    return Buffer.concat([Buffer.from(name, 'latin1'), size, data, Buffer.alloc(data.length & 1)]);
  };
  const extent = Buffer.alloc(10);
  if (canvas) {
    extent.writeUIntLE(canvas[0] - 1, 4, 3);
    extent.writeUIntLE(canvas[1] - 1, 7, 3);
  }
  const chunks = Buffer.concat([...(canvas ? [chunk('VP8X', extent)] : []), chunk('VP8L', body)]);
  const riff = Buffer.concat([Buffer.from('RIFF----WEBP', 'latin1'), chunks]);
  riff.writeUInt32LE(riff.length - 8, 4);
  return new Uint8Array(riff);
}

let pipeline: ImagePipeline;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
});

describe('a WebP', () => {
  it.each(pictures)('decodes to the pixels that Pillow reads: $name', async ({ file, rgba }) => {
    const decoder = createWebpDecoder(await loadWebp());
    expect(decoder.decode(file, readWebpHeader(file), (pixels) => pixels.slice())).toEqual(rgba);
  });

  it.each(pictures)('says what it is before it is decoded: $name', ({ file, width, height }) => {
    expect(probe(file)).toMatchObject({
      format: 'webp',
      contentType: 'image/webp',
      extension: 'webp',
      width,
      height,
    });
  });

  it('gives the tensor that a PNG of the same pixels gives, alpha over white', async () => {
    const { file, rgba, width, height } = picture('lossless with alpha');
    const png = encodePng({ width, height, bitDepth: 8, colourType: 6, samples: [...rgba] });
    const recipe = plain(5);
    expect((await pipeline.toTensor(file, recipe)).tensor).toEqual(
      (await pipeline.toTensor(png, recipe)).tensor,
    );
  });

  it('is turned as its EXIF says', async () => {
    const { file, rgba, width, height } = picture('turned by EXIF');
    const png = encodePng({ width, height, bitDepth: 8, colourType: 6, samples: [...rgba] });
    const side = 4;
    const stored = (await pipeline.toTensor(png, plain(side))).tensor;
    const upright = (await pipeline.toTensor(file, plain(side))).tensor;
    // Orientation 6: row y of the upright picture is column y of the stored one, from bottom to top.
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        expect(upright[3 * (y * side + x)]).toBe(stored[3 * ((side - 1 - x) * side + y)]);
  });

  it('is refused when it moves', () => {
    expect(() => probe(bytesOf(webps.animated))).toThrow(
      expect.objectContaining({
        type: 'unsupported-image',
        message: expect.stringContaining('an animated WebP'),
      }),
    );
  });

  it.each([
    ['lies about its size', forged(16_000, 16_000), 'image-too-many-pixels'],
    [
      'needs more memory than there is',
      forged(4000, 1 + limits.maxWebpBytes / 32_000),
      'image-too-many-pixels',
    ],
    ['contradicts itself', forged(4, 4, [5, 4]), 'invalid-image'],
    ['has no picture behind its header', forged(64, 64), 'invalid-image'],
    ['is cut off', picture('lossy').file.subarray(0, 60), 'invalid-image'],
    ['ends after its signature', picture('lossy').file.subarray(0, 12), 'invalid-image'],
  ])('is refused when it %s', async (_, file, type) => {
    await expect(pipeline.toTensor(file, plain(3))).rejects.toMatchObject({ type });
  });

  it('leaves the decoder usable after one that was refused', async () => {
    const { file } = picture('lossy');
    const before = (await pipeline.toTensor(file, plain(6))).tensor;
    const broken = file.slice();
    broken.fill(0xff, 40);
    await pipeline.toTensor(broken, plain(6)).catch(() => {});
    expect((await pipeline.toTensor(file, plain(6))).tensor).toEqual(before);
  });

  it('is decoded when something is appended to it', async () => {
    const { file } = picture('lossless');
    const longer = new Uint8Array(file.length + 30);
    longer.set(file);
    expect((await pipeline.toTensor(longer, plain(3))).tensor).toEqual(
      (await pipeline.toTensor(file, plain(3))).tensor,
    );
  });

  it.skipIf(!haveSampleImages)('equals the PNG of the same picture', async () => {
    const webp = (await pipeline.toTensor(sampleImage('alpha.webp'), plain(32))).tensor;
    const png = (await pipeline.toTensor(sampleImage('alpha.png'), plain(32))).tensor;
    const difference = webp.reduce((worst, value, i) => Math.max(worst, Math.abs(value - png[i]!)), 0);
    expect(difference).toBeLessThan(24);
  });
});
