// Files that were made to do harm. Each is refused with the type that the contract states, or answered as the picture
// that it is; in memory and work that its limits bound, and with the decoders fit for the next one.

import { deflateSync } from 'node:zlib';
import { afterEach, beforeAll, expect, it } from 'vitest';
import webps from './fixtures/webp.json' with { type: 'json' };
import { loadImagePipeline, loadWebp } from './image-node.ts';
import { limits } from './limits.ts';
import type { ImagePipeline } from './pipeline.ts';
import * as make from './testing/containers-node.ts';
import { jpegFixture, plain } from './testing/fixtures-node.ts';
import { pngCases, randomPicture } from './testing/png-cases-node.ts';
import { chunk, encodePng } from './testing/png-encoder-node.ts';
import { losslessChunk } from './testing/webp-lossless.ts';
import { createWebpDecoder } from './webp-decoder.ts';
import { readWebpHeader } from './webp-header.ts';

const baseline = jpegFixture('baseline 4:2:0').file;
const restarts = jpegFixture('baseline 4:4:4 with restarts').file;
const progressive = jpegFixture('progressive 4:2:0').file;
const png = encodePng(randomPicture(pngCases.find(({ colourType }) => colourType === 2)!, 9));
const webp = new Uint8Array(Buffer.from(webps.pictures.lossless.file, 'base64'));
const idat = (rows: number, rowBytes: number) => chunk('IDAT', deflateSync(Buffer.alloc(rows * rowBytes)));
const latin = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const pixels = 'image-too-many-pixels';

let pipeline: ImagePipeline;
let before: Float32Array[];
const asked = () => Promise.all([baseline, png, webp].map((file) => tensorOf(file, 8)));
const tensorOf = async (file: Uint8Array, size = 5) => (await pipeline.toTensor(file, plain(size))).tensor;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
  before = await asked();
});
afterEach(async () => {
  expect(await asked()).toEqual(before);
});

/** JPEG frames that libjpeg or this pipeline does not decode: bytes of the header, and the type. */
const frames: [string, Uint8Array, string][] = [
  ...[0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf].map(
    (kind): [string, Uint8Array, string] => [
      `a JPEG of kind SOF${kind - 0xc0}`,
      make.withFrame(baseline, 1, kind),
      'unsupported-image',
    ],
  ),
  ['a JPEG of 12 bits', make.withFrame(baseline, 4, 12), 'unsupported-image'],
  [
    'a hierarchical JPEG',
    make.behindStart(baseline, make.segment(0xde, [8, 0, 9, 0, 9, 1])),
    'invalid-image',
  ],
  ['a JPEG of sampling factor 0', make.withFrame(baseline, 11, 0x20), 'invalid-image'],
  ['a JPEG of sampling factor 5', make.withFrame(baseline, 11, 0x55), 'invalid-image'],
  ['a JPEG of 48 blocks a unit', make.withFrame(restarts, 11, 0x44, 0, 2, 0x44, 1, 3, 0x44), 'invalid-image'],
  ['a JPEG of two frames', twoFrames(), 'invalid-image'],
];

function twoFrames(): Uint8Array {
  const at = make.segmentAt(baseline, 0xc0);
  const frame = baseline.subarray(at, at + 2 + baseline[at + 3]!);
  return make.bytes(baseline.subarray(0, at), frame, baseline.subarray(at));
}

const forged: [string, Uint8Array, string][] = [
  ['a JPEG of 65,535 × 65,535', make.withSize(baseline, 65_535, 65_535), pixels],
  ['a JPEG of 1 × 65,535', make.withSize(baseline, 1, 65_535), pixels],
  ['a JPEG of no height', make.withSize(baseline, 9, 0), 'invalid-image'],
  ['a JPEG of no size', make.withSize(baseline, 0, 0), 'invalid-image'],
  ['a JPEG that is twice its data', make.withSize(baseline, 190, 190), 'invalid-image'],
  ['a JPEG at the bound of pixels with no data', make.withSize(baseline, 8192, 6144), 'invalid-image'],
  ['a progressive JPEG of 48 megapixels', make.withSize(progressive, 8000, 6000), pixels],
  ['a baseline JPEG of 48 megapixels whose scans come one by one', oneByOne(), pixels],
  ['a PNG of 2^32−1 × 2^32−1', make.pngOf(make.ihdr(2 ** 32 - 1, 2 ** 32 - 1)), pixels],
  ['a PNG of 1 × 65,535', make.pngOf(make.ihdr(1, 65_535), idat(65_535, 4)), pixels],
  ['a PNG of no size', make.pngOf(make.ihdr(0, 0), idat(1, 1)), 'invalid-image'],
  ['a PNG with more rows than data', make.pngOf(make.ihdr(8192, 6144, 1, 0), idat(9, 9)), 'invalid-image'],
  ['a lossy WebP of 16,383 × 16,383', make.webpOf(make.vp8(16_383, 16_383)), pixels],
  ['a lossy WebP of no size', make.webpOf(make.vp8(0, 0)), 'invalid-image'],
  ['a lossy WebP of 8 megapixels with no data', make.webpOf(make.vp8(4000, 2000)), 'invalid-image'],
  ['a lossless WebP of 16,384 × 16,384', make.webpOf(losslessChunk(16_384, 16_384)), pixels],
  [
    'a WebP whose canvas is 2^24 wide',
    make.webpOf(make.vp8x(0, 2 ** 24, 1), losslessChunk(4, 4)),
    'invalid-image',
  ],
  ['a WebP of two pictures', make.webpOf(losslessChunk(4, 4), losslessChunk(4, 4)), 'invalid-image'],
  ['a WebP of alpha alone', make.webpOf(make.vp8x(0x10, 4, 4), make.webpChunk('ALPH', [0])), 'invalid-image'],
  ['a GIF of 65,535 × 65,535', latin('GIF89a\xff\xff\xff\xff\x80\0\0'), 'unsupported-image'],
];

/** The fixture with only its first component in the first scan. */
function oneByOne(): Uint8Array {
  const big = make.withSize(baseline, 8000, 6000);
  const at = make.segmentAt(big, 0xda);
  return make.bytes(big.subarray(0, at), make.segment(0xda, [1, 1, 0, 0, 63, 0]), big.subarray(at + 14));
}

const moving: [string, Uint8Array, string][] = [
  [
    'an animated GIF',
    latin('GIF89a\x01\0\x01\0\x80\0\0!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0'),
    'unsupported-image',
  ],
  ['a WebP that says it moves', make.webpOf(make.vp8x(2, 4, 4), losslessChunk(4, 4)), 'unsupported-image'],
  [
    'a WebP with a frame that it does not tell of',
    make.webpOf(make.vp8x(0, 4, 4), make.webpChunk('ANMF', []), losslessChunk(4, 4)),
    'unsupported-image',
  ],
];

const bombs: [string, () => Uint8Array, string][] = [
  [
    'a JPEG of 100 scans',
    () => {
      const scan = progressive.subarray(progressive.lastIndexOf(0xda) - 1, -2);
      return make.bytes(progressive.subarray(0, -2), make.repeated(scan, 100), [0xff, 0xd9]);
    },
    'unsupported-image',
  ],
  ['a WebP with 65,536 Huffman groups', () => make.webpOf(losslessChunk(1024, 1024, true)), 'invalid-image'],
  [
    'a WebP of a million chunks',
    () => make.webpOf(make.repeated(make.webpChunk('JUNK', []), 1e6), losslessChunk(4, 4)),
    'invalid-image',
  ],
  [
    'a PNG that unpacks to more than its rows',
    () => make.pngOf(make.ihdr(1, 1), idat(9e6, 4)),
    'invalid-image',
  ],
];

it.each([...frames, ...forged, ...moving])('refuses %s', async (_, file, type) => {
  await expect(tensorOf(file)).rejects.toMatchObject({ name: 'HeadwaterError', type });
});

it.each(bombs)('refuses %s', async (_, file, type) => {
  await expect(tensorOf(file())).rejects.toMatchObject({ name: 'HeadwaterError', type });
});

it('gives a lossless WebP no more memory than its ceiling, whatever it asks for', async () => {
  const decoder = createWebpDecoder(await loadWebp());
  const file = make.webpOf(losslessChunk(1024, 1024, true));
  expect(() => decoder.decode(file, readWebpHeader(file), () => {})).toThrow('needs too much memory');
  expect(decoder.memory()).toMatchObject({ heldBytes: 0 });
  expect(decoder.memory().peakBytes).toBeLessThanOrEqual(limits.maxWebpMemoryBytes);
  const few = make.webpOf(losslessChunk(64, 64, true));
  expect(decoder.decode(few, readWebpHeader(few), (rgba) => rgba.length)).toBe(4 * 64 * 64);
});

it('reads pictures that unpack a thousandfold, as long as their pixels are allowed', async () => {
  const flat: [Uint8Array, number][] = [
    [make.pngOf(make.ihdr(8192, 6144, 1, 0), idat(6144, 1025)), 0],
    [make.pngOf(make.ihdr(1, limits.maxSide), idat(limits.maxSide, 4)), 0],
    // Black, and altogether transparent.
    [make.webpOf(losslessChunk(2500, 2500)), 255],
  ];
  for (const [file, value] of flat) {
    expect(file.length).toBeLessThan(60_000);
    expect([...(await tensorOf(file))].every((each) => Math.abs(each - value) < 1e-3)).toBe(true);
  }
});

it('shows an APNG as its still picture, the one that viewers without animation show', async () => {
  const frames = [
    chunk('acTL', [0, 0, 0, 9, 0, 0, 0, 0]),
    chunk('fcTL', new Uint8Array(26)),
    ...Array.from({ length: 9 }, () => chunk('fdAT', new Uint8Array(5000))),
  ];
  const file = make.bytes(png.subarray(0, 33), ...frames, png.subarray(33));
  expect(await tensorOf(file)).toEqual(await tensorOf(png));
});

const zip = latin('PK\x03\x04\x14\0\0\0\0\0…PK\x05\x06\0\0\0\0\x01\0\x01\0');
const polyglots: [string, Uint8Array, Uint8Array | string][] = [
  ['a JPEG with a ZIP behind it', make.bytes(baseline, zip), baseline],
  ['a JPEG with a ZIP in a comment', make.behindStart(baseline, make.segment(0xfe, zip)), baseline],
  [
    'a JPEG that is a web page',
    make.behindStart(baseline, make.segment(0xfe, latin('<html><script>1'))),
    baseline,
  ],
  [
    'a JPEG with a GIF in its comment',
    make.behindStart(baseline, make.segment(0xfe, latin('GIF89a'))),
    baseline,
  ],
  ['a JPEG with a PNG behind it', make.bytes(baseline, png), baseline],
  ['a PNG with a ZIP behind it', make.bytes(png, zip), png],
  [
    'a PNG with a JPEG in a text',
    make.bytes(png.subarray(0, 33), chunk('tEXt', baseline), png.subarray(33)),
    png,
  ],
  ['a WebP with a ZIP behind it', make.bytes(webp, zip), webp],
  ['a GIF with a JPEG behind it', make.bytes(latin('GIF89a'), baseline), 'unsupported-image'],
  ['a ZIP with a JPEG behind it', make.bytes(zip, baseline), 'unsupported-image'],
  [
    'a web page with a PNG behind it',
    make.bytes(latin('<!doctype html>'.padEnd(600)), png),
    'unsupported-image',
  ],
  ['a PDF with a JPEG in it', make.bytes(latin('%PDF-1.4\n'), baseline), 'unsupported-image'],
];
it.each(polyglots)('takes %s for what its first bytes say', async (_, file, expected) => {
  if (typeof expected !== 'string') expect(await tensorOf(file)).toEqual(await tensorOf(expected));
  else await expect(tensorOf(file)).rejects.toMatchObject({ type: expected });
});
