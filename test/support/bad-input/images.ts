// Bodies that are no image that Headwater takes, as a table: other formats, halves, bombs.

import { deflateSync } from 'node:zlib';
import {
  ihdr,
  pngOf,
  vp8x,
  webpOf,
  withFrame,
  withSize,
} from '../../../lib/image/testing/containers-node.ts';
import { haveSampleImages, jpegFixture, sampleImage } from '../../../lib/image/testing/fixtures-node.ts';
import { chunk, encodePng } from '../../../lib/image/testing/png-encoder-node.ts';
import { losslessChunk } from '../../../lib/image/testing/webp-lossless.ts';

/** A sound JPEG. */
export const jpeg = jpegFixture('baseline 4:2:0').file;
export const text = (value: string) => new TextEncoder().encode(value);

const bomb = Buffer.from(encodePng(picture(1, 1)));
bomb.writeUInt32BE(30_000, 16);
bomb.writeUInt32BE(30_000, 20);
const honestBomb = Buffer.concat([
  bomb.subarray(0, 8),
  chunk('IHDR', bomb.subarray(16, 29)),
  bomb.subarray(33),
]);

/** A name, the bytes, and the status and type of the answer. */
export const badImages: [string, Uint8Array, number, string][] = [
  ['nothing', new Uint8Array(), 422, 'invalid-image'],
  ['text', text('Hello, I am a picture.'), 415, 'unsupported-image'],
  ['JSON', text('{"image": 1}'), 415, 'unsupported-image'],
  ['SVG', text('<svg xmlns="http://www.w3.org/2000/svg"></svg>'), 415, 'unsupported-image'],
  ['HTML', text('<!doctype html><p>hello'), 415, 'unsupported-image'],
  ['a GIF', text('GIF89a\x01\0\x01\0'), 415, 'unsupported-image'],
  ['the first bytes of a WebP', text('RIFF\x10\0\0\0WEBPVP8 '), 422, 'invalid-image'],
  ['an animated WebP', webpOf(vp8x(2, 4, 4), losslessChunk(4, 4)), 415, 'unsupported-image'],
  ['a WebP of 16,384 × 16,384', webpOf(losslessChunk(16_384, 16_384)), 422, 'image-too-many-pixels'],
  ['a WebP that wants 820 MB', webpOf(losslessChunk(1024, 1024, true)), 422, 'invalid-image'],
  ['a JPEG of 65,535 × 65,535', withSize(jpeg, 65_535, 65_535), 422, 'image-too-many-pixels'],
  ['an arithmetic-coded JPEG', withFrame(jpeg, 1, 0xc9), 415, 'unsupported-image'],
  [
    'a PNG that unpacks to 32 MB for one pixel',
    pngOf(ihdr(1, 1), chunk('IDAT', deflateSync(Buffer.alloc(1 << 25)))),
    422,
    'invalid-image',
  ],
  ['a ZIP with a JPEG behind it', Buffer.concat([text('PK\x03\x04'), jpeg]), 415, 'unsupported-image'],
  ['an AVIF', text('\0\0\0\x1cftypavif\0\0\0\0'), 415, 'unsupported-image'],
  ['a PDF', text('%PDF-1.7\n%'), 415, 'unsupported-image'],
  ['zeros', new Uint8Array(1000), 415, 'unsupported-image'],
  ['the first bytes of a JPEG', jpeg.subarray(0, 3), 422, 'invalid-image'],
  ['half a JPEG', jpeg.subarray(0, jpeg.length >> 1), 422, 'invalid-image'],
  ['a JPEG without its end', jpeg.subarray(0, jpeg.length - 40), 422, 'invalid-image'],
  ['a PNG signature', encodePng(picture(1, 1)).subarray(0, 8), 422, 'invalid-image'],
  ['half a PNG', encodePng(picture(40, 40)).subarray(0, 60), 422, 'invalid-image'],
  ['a PNG bomb', honestBomb, 422, 'image-too-many-pixels'],
  ['a PNG whose header was altered', bomb, 422, 'invalid-image'],
  ['a PNG of no size', encodePng(picture(0, 0)), 422, 'invalid-image'],
  ['17 MiB', new Uint8Array(17 << 20), 413, 'body-too-large'],
];
if (haveSampleImages) {
  badImages.push([
    'the bomb of the samples',
    sampleImage('bomb-30000x30000.png'),
    422,
    'image-too-many-pixels',
  ]);
  badImages.push(['the truncated sample', sampleImage('truncated.jpg'), 422, 'invalid-image']);
}

/** An image for the PNG encoder: 8 bits, RGB. */
export function picture(width: number, height: number) {
  const samples = Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
  return { width, height, bitDepth: 8, colourType: 2, samples } as const;
}
