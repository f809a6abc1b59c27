// Photographs as they come, through the running Worker: large, progressive, rotated, of every kind of pixel; and
// those that are refused. The two forms of a code agree, and taps are named as the card names them.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cosine } from '../../lib/graph/testing.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { haveSampleImages, plain, sampleImage } from '../../lib/image/testing/fixtures-node.ts';
import { encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { inParallel } from '../../scripts/demo/in-parallel.ts';
import { useInstance } from '../support/instance.ts';
import { digits, refusal } from '../support/steps.ts';

const hw = useInstance();
const digit = digits(['3'], 500, 1)[0]!.png;

interface CodesAnswer {
  backbone: string;
  tap: string;
  dims: number;
  codes: number[][];
}

const codes = (image: Uint8Array, query = '') => hw.api.json<CodesAnswer>('POST', `/v1/codes${query}`, image);
const code = async (image: Uint8Array, query = '') => (await codes(image, query)).codes[0]!;

async function binary(image: Uint8Array, query = ''): Promise<{ response: Response; code: Float32Array }> {
  const response = await fetch(`${hw.stack.url}/v1/codes${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hw.stack.keys.apiKey}`, accept: 'application/octet-stream' },
    body: image as Uint8Array<ArrayBuffer>,
  });
  expect(response.status).toBe(200);
  return { response, code: new Float32Array(await response.arrayBuffer()) };
}

describe('codes', () => {
  it('are the same numbers as JSON and as float32', async () => {
    const { response, code: numbers } = await binary(digit);
    const { backbone, dims, codes: rows } = await codes(digit);
    expect(rows).toHaveLength(1);
    expect(Array.from(numbers)).toEqual(rows[0]);
    expect(numbers).toHaveLength(dims);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('headwater-dims')).toBe(String(dims));
    expect(decodeURIComponent(response.headers.get('headwater-backbone')!)).toBe(backbone);
  });

  it('are read at the default tap, at every alias of the card, at final, and before the activation', async () => {
    const { backbones } = await hw.api.json<{ backbones: Listed[] }>('GET', '/v1/backbones');
    const { name, defaultTap, taps } = backbones.find((backbone) => backbone.default)!;
    expect(await codes(digit)).toEqual(await codes(digit, `?backbone=${name}&tap=${defaultTap}`));
    expect(Object.keys(taps)).toContain('final');
    const some = ['final', defaultTap, ...Object.keys(taps).slice(0, 4)];
    for (const tap of some) {
      const after = await codes(digit, `?tap=${tap}`);
      expect(after).toMatchObject({ tap, dims: taps[tap]!.codeLength });
      expect(after.codes[0]).toHaveLength(after.dims);
      expect(await code(digit, `?tap=${encodeURIComponent(taps[tap]!.op)}`)).toEqual(after.codes[0]);
    }
    const final = await code(digit, '?tap=final');
    const before = await code(digit, '?tap=final%3Apre');
    expect(Math.min(...final)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...before)).toBeLessThan(0);
    expect(before).toHaveLength(final.length);
  });

  it('of good images are right while bad ones are refused beside them, eight at a time', async () => {
    const images = digits(['0', '1', '2', '3'], 500, 3).map(({ png }) => png);
    const expected = await Promise.all(images.map((image) => code(image)));
    const bad = [
      new Uint8Array(),
      new Uint8Array(50_000),
      digit.subarray(0, 90),
      new TextEncoder().encode('no'),
    ];
    const work = images.flatMap((image, i) => [
      { image, i },
      { image: bad[i % bad.length]!, i: -1 },
    ]);
    await inParallel(work, 8, async ({ image, i }) => {
      if (i >= 0) return expect(await code(image)).toEqual(expected[i]);
      const { status } = await refusal(await hw.api.call('POST', '/v1/codes', image));
      expect([415, 422]).toContain(status);
    });
  });
});

interface Listed {
  name: string;
  default: boolean;
  defaultTap: string;
  taps: Record<string, { op: string; codeLength: number }>;
}

describe.skipIf(!haveSampleImages)('sample images', () => {
  it.each([
    'photo-12mp-baseline.jpg',
    'photo-12mp-progressive.jpg',
    'photo-12mp-progressive-444.jpg',
    'photo-500x375.jpg',
    'exif6-480x640.jpg',
    'cmyk.jpg',
    'grey.jpg',
    'rgb16.png',
    'alpha.png',
    'alpha.webp',
  ])('%s is coded and taught', async (name) => {
    const image = sampleImage(name);
    const first = await code(image);
    expect(first.every(Number.isFinite)).toBe(true);
    expect(Math.max(...first)).toBeGreaterThan(0);
    const taught = await hw.api.teach('samples', 'any', image);
    expect(taught).toEqual({ digest: createHash('sha256').update(image).digest('hex'), label: 'any' });
    const back = await hw.api.call('GET', `/v1/datasets/samples/examples/any/${taught.digest}`);
    expect(back.headers.get('content-type')).toBe(`image/${name.replace(/.*\./, '').replace('jpg', 'jpeg')}`);
    expect(new Uint8Array(await back.arrayBuffer())).toEqual(image);
  });

  it.each([
    ['truncated.jpg', 422, 'invalid-image', /complete/],
    ['bomb-30000x30000.png', 422, 'image-too-many-pixels', /30000 × 30000/],
    ['small.avif', 415, 'unsupported-image', /AVIF.*JPEG, a PNG/],
  ])('%s is refused with a sentence', async (name, status, type, sentence) => {
    for (const [method, path] of [
      ['POST', '/v1/codes'],
      ['PUT', '/v1/datasets/refused/examples/a'],
    ] as const) {
      const answer = await refusal(await hw.api.call(method, path, sampleImage(name)));
      expect(answer).toMatchObject({ status, type });
      expect(answer.detail).toMatch(sentence);
    }
  });

  it('the same photograph is nearly the same code, however its JPEG was written', async () => {
    const [baseline, progressive, full] = await Promise.all(
      ['baseline', 'progressive', 'progressive-444'].map((way) => code(sampleImage(`photo-12mp-${way}.jpg`))),
    );
    expect(cosine(baseline!, progressive!)).toBeGreaterThan(0.999);
    expect(cosine(baseline!, full!)).toBeGreaterThan(0.99);
  });

  it('a photo with EXIF orientation 6 has the code of its upright twin', async () => {
    const rotated = sampleImage('exif6-480x640.jpg');
    const size = 336;
    const stored = await pixelsAsStored(rotated, size);
    const right = await code(rotated);
    // Orientation 6: what is stored at the left edge belongs at the top.
    const upright = turn(stored, size, (x, y) => [y, size - 1 - x]);
    const other = turn(stored, size, (x, y) => [size - 1 - y, x]);
    const similarity = cosine(right, await code(png(upright, size)));
    expect(similarity).toBeGreaterThan(0.99);
    for (const wrong of [stored, other])
      expect(cosine(right, await code(png(wrong, size)))).toBeLessThan(similarity - 0.005);
  });
});

/** RGB [size, size, 3] of a JPEG whose orientation is made to say 1. */
async function pixelsAsStored(jpeg: Uint8Array, size: number): Promise<Float32Array> {
  const bytes = jpeg.slice();
  // The tag 0x0112, type short, one of it; then the value, in either byte order.
  const tag = Buffer.from(bytes.buffer).indexOf(Buffer.from('0112000300000001', 'hex'));
  const little = Buffer.from(bytes.buffer).indexOf(Buffer.from('1201030001000000', 'hex'));
  if (tag >= 0) bytes[tag + 9] = 1;
  else bytes[little + 8] = 1;
  const pipeline = await loadImagePipeline();
  expect((await pipeline.toTensor(bytes, plain(size))).info.orientation).toBe(1);
  return (await pipeline.toTensor(bytes, plain(size))).tensor;
}

/** The picture whose pixel (x, y) is the stored one at `from(x, y)`. */
function turn(pixels: Float32Array, size: number, from: (x: number, y: number) => [number, number]) {
  const out = new Float32Array(pixels.length);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const [sx, sy] = from(x, y);
      const at = 3 * (sy * size + sx);
      out.set(pixels.subarray(at, at + 3), 3 * (y * size + x));
    }
  return out;
}

const png = (pixels: Float32Array, size: number) =>
  encodePng({ width: size, height: size, bitDepth: 8, colourType: 2, samples: pixels.map(Math.round) });
