// Files out of parts, for tests of hostile input: PNG chunks, JPEG segments and WebP chunks in any order and size,
// with headers that say anything.

import { chunk } from './png-encoder-node.ts';

export const bytes = (...parts: (ArrayLike<number> | Uint8Array)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));

/** `part` again and again. */
export function repeated(part: ArrayLike<number>, times: number): Uint8Array {
  const all = new Uint8Array(part.length * times);
  for (let i = 0; i < times; i++) all.set(part, i * part.length);
  return all;
}

export const pngOf = (...chunks: Uint8Array[]) =>
  bytes(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks, chunk('IEND', []));

export function ihdr(width: number, height: number, bitDepth = 8, colourType = 2): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([bitDepth, colourType], 8);
  return chunk('IHDR', data);
}

export const segment = (code: number, data: ArrayLike<number>) =>
  bytes([0xff, code, (data.length + 2) >> 8, (data.length + 2) & 255], data);

/** A JPEG with segments put behind its start. */
export const behindStart = (jpeg: Uint8Array, ...segments: Uint8Array[]) =>
  bytes(jpeg.subarray(0, 2), ...segments, jpeg.subarray(2));

/** Where the first segment with one of these codes begins. */
export function segmentAt(jpeg: Uint8Array, ...codes: number[]): number {
  let at = 2;
  while (!codes.includes(jpeg[at + 1]!)) at += 2 + jpeg[at + 2]! * 256 + jpeg[at + 3]!;
  return at;
}

/** A copy with other bytes at `offset` within its frame header: 1 the kind, 4 the depth, 5 height and width. */
export function withFrame(jpeg: Uint8Array, offset: number, ...values: number[]): Uint8Array {
  const copy = jpeg.slice();
  copy.set(values, segmentAt(jpeg, 0xc0, 0xc2) + offset);
  return copy;
}

export const withSize = (jpeg: Uint8Array, width: number, height: number) =>
  withFrame(jpeg, 5, height >> 8, height & 255, width >> 8, width & 255);

export function webpChunk(name: string, data: ArrayLike<number>): Uint8Array {
  const head = Buffer.from(`${name}....`, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return bytes(head, data, new Uint8Array(data.length & 1));
}

export function webpOf(...chunks: Uint8Array[]): Uint8Array {
  const file = Buffer.concat([Buffer.from('RIFF....WEBP', 'latin1'), ...chunks]);
  file.writeUInt32LE(file.length - 8, 4);
  return new Uint8Array(file);
}

/** The header of the extended format; bit 3 of `flags` announces EXIF, bit 1 an animation. */
export function vp8x(flags: number, width: number, height: number): Uint8Array {
  const data = Buffer.alloc(10);
  data[0] = flags;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return webpChunk('VP8X', data);
}

/** The chunk of a lossy picture that stops behind its header. */
export const vp8 = (width: number, height: number) =>
  webpChunk('VP8 ', [
    ...[0x10, 0, 0, 0x9d, 0x01, 0x2a],
    ...[width & 255, width >> 8, height & 255, height >> 8],
  ]);
