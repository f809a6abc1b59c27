// What a WebP says about itself (RFC 9649), from its container and the first bytes of its bitstream, without decoding
// anything. Animations and files that would cost too much memory are refused here.

import { exifOrientation, type Orientation } from './exif.ts';
import { limits } from './limits.ts';
import { checkExtent, invalidImage, tooManyPixels, unsupportedImage } from './refuse.ts';

export interface WebpHeader {
  width: number;
  height: number;
  orientation: Orientation;
  lossless: boolean;
  alpha: boolean;
  /** Index behind the container. */
  end: number;
}

interface Chunk {
  name: string;
  data: Uint8Array;
}

/** Chunks of a still picture are a handful; metadata may add some. */
const maxChunks = 64;
const vp8xFlags = { animation: 0x02, alpha: 0x10 };

/**
 * Bytes that libwebp holds for each pixel, measured: RGBA, for a lossless file its own copy besides, and for a separate
 * alpha plane that plane and the picture it is decoded from.
 */
const bytesPerPixel = (lossless: boolean, alphaChunk: boolean) =>
  lossless ? 8.25 : alphaChunk ? 10.5 : 4.25;

/**
 * Reads and checks a WebP's container.
 *
 * @throws HeadwaterError `invalid-image`, `unsupported-image` (animations), `image-too-many-pixels`
 */
export function readWebpHeader(bytes: Uint8Array): WebpHeader {
  const end = containerEnd(bytes);
  let canvas: { width: number; height: number; alpha: boolean } | undefined;
  let picture: Omit<WebpHeader, 'orientation' | 'end'> | undefined;
  let orientation: Orientation = 1;
  let alphaChunk = false;
  for (const { name, data } of chunksOf(bytes.subarray(0, end))) {
    if (name === 'VP8X') canvas = readCanvas(data);
    else if (name === 'ANIM' || name === 'ANMF') throw animated();
    else if (name === 'ALPH') alphaChunk = true;
    else if (name === 'EXIF') orientation = exifOrientation(withoutPrefix(data));
    else if (name === 'VP8 ' || name === 'VP8L') {
      if (picture) throw invalidImage('the WebP holds two pictures');
      picture = name === 'VP8 ' ? readLossy(data) : readLossless(data);
    }
  }
  if (!picture) throw invalidImage('the WebP holds no picture');
  if (canvas && (canvas.width !== picture.width || canvas.height !== picture.height))
    throw invalidImage("the WebP's headers contradict each other");
  const { width, height, lossless } = picture;
  checkExtent(width, height);
  if (width * height * bytesPerPixel(lossless, alphaChunk) > limits.maxWebpBytes)
    throw tooManyPixels(
      width,
      height,
      `and a WebP of that kind and size needs more than ${limits.maxWebpBytes} bytes to decode; a JPEG does not`,
    );
  return { width, height, lossless, alpha: picture.alpha || alphaChunk, orientation, end };
}

/** Where the RIFF container ends. What cameras and editors append is not looked at. */
function containerEnd(bytes: Uint8Array): number {
  if (bytes.length < 20) throw invalidImage('the WebP is truncated');
  const end = 8 + readUint32(bytes, 4);
  if (end > bytes.length) throw invalidImage('the WebP is truncated');
  return end;
}

function* chunksOf(container: Uint8Array): Generator<Chunk> {
  let count = 0;
  for (let at = 12; at + 8 <= container.length; ) {
    if (++count > maxChunks) throw invalidImage(`the WebP has more than ${maxChunks} chunks`);
    const name = String.fromCharCode(...container.subarray(at, at + 4));
    const length = readUint32(container, at + 4);
    const start = at + 8;
    if (length > container.length - start) throw invalidImage('a chunk of the WebP is longer than the file');
    yield { name, data: container.subarray(start, start + length) };
    at = start + length + (length & 1);
  }
}

function readCanvas(data: Uint8Array) {
  if (data.length < 10) throw invalidImage("the WebP's header is truncated");
  if (data[0]! & vp8xFlags.animation) throw animated();
  return {
    width: 1 + readUint24(data, 4),
    height: 1 + readUint24(data, 7),
    alpha: (data[0]! & vp8xFlags.alpha) !== 0,
  };
}

/** RFC 6386, 9.1: a key frame's tag, start code, and 14 bits each of width and height. */
function readLossy(data: Uint8Array) {
  if (data.length < 10) throw invalidImage('the WebP is truncated');
  if (data[0]! & 1) throw invalidImage('the WebP does not begin with a key frame');
  if (data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a)
    throw invalidImage('the WebP has no start code');
  const width = (data[6]! | (data[7]! << 8)) & 0x3fff;
  const height = (data[8]! | (data[9]! << 8)) & 0x3fff;
  return { width, height, lossless: false, alpha: false };
}

/** RFC 9649, 3.4: a signature, then width − 1 and height − 1 in 14 bits each, and a bit for alpha. */
function readLossless(data: Uint8Array) {
  if (data.length < 5 || data[0] !== 0x2f) throw invalidImage('the WebP has no signature');
  const bits = readUint32(data, 1);
  return {
    width: 1 + (bits & 0x3fff),
    height: 1 + ((bits >>> 14) & 0x3fff),
    lossless: true,
    alpha: ((bits >>> 28) & 1) === 1,
  };
}

/** Some writers put JPEG's prefix in front of the TIFF structure. */
function withoutPrefix(exif: Uint8Array): Uint8Array {
  return exif[0] === 0x45 && exif[1] === 0x78 ? exif.subarray(6) : exif;
}

const animated = () => unsupportedImage('an animated WebP', 'animated-webp');
const readUint24 = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
const readUint32 = (bytes: Uint8Array, at: number) => readUint24(bytes, at) + bytes[at + 3]! * 2 ** 24;
