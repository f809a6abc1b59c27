// What a JPEG says about itself (ITU-T T.81 annex B), from a walk over all of its markers without decoding
// anything: size, sampling, how many scans, where it ends. Files that would cost too much memory or time, or
// that stop before their end marker, are refused here.

import { exifOrientation, type Orientation } from './exif.ts';
import { limits } from './limits.ts';
import { checkExtent, invalidImage, tooManyPixels, unsupportedImage } from './refuse.ts';

export interface JpegHeader {
  width: number;
  height: number;
  orientation: Orientation;
  channels: 1 | 3 | 4;
  progressive: boolean;
  /** Whether an Adobe segment is there: CMYK is then stored inverted. */
  adobe: boolean;
  scans: number;
  /** Bytes of coefficients that decoding keeps: 0 unless the picture comes in several scans. */
  coefficientBytes: number;
  /** Index behind the end marker. Phones append films and depth maps there; they are not decoded. */
  end: number;
}

type Frame = Pick<JpegHeader, 'width' | 'height' | 'channels' | 'progressive'> & {
  sampling: { h: number; v: number }[];
};

const marker = { startOfScan: 0xda, endOfImage: 0xd9, app1: 0xe1, app14: 0xee };
const coefficientBytesPerBlock = 64 * 2;

/**
 * Reads and checks a JPEG's markers.
 *
 * @throws HeadwaterError `invalid-image`, `unsupported-image`, `image-too-many-pixels`
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let frame: Frame | undefined;
  let orientation: Orientation | undefined;
  let adobe = false;
  let scans = 0;
  let severalScans = false;
  for (let at = 2; ; ) {
    const code = markerAt(bytes, at);
    at = code.next;
    if (code.value === marker.endOfImage) {
      if (!frame || scans === 0) throw invalidImage('the JPEG holds no picture');
      const { sampling: _, ...size } = frame;
      const coefficientBytes = severalScans ? coefficientBytesOf(frame) : 0;
      return { ...size, orientation: orientation ?? 1, adobe, scans, coefficientBytes, end: at };
    }
    if (isBare(code.value)) continue;
    const segment = segmentAt(bytes, at, code.value);
    at += 2 + segment.length;
    if (isFrame(code.value)) {
      if (frame) throw invalidImage('the JPEG declares its size twice');
      frame = readFrame(segment, code.value);
    } else if (code.value === marker.app1 && startsWith(segment, 'Exif\0\0')) {
      orientation ??= exifOrientation(segment.subarray(6));
    } else if (code.value === marker.app14 && startsWith(segment, 'Adobe')) {
      adobe = true;
    } else if (code.value === marker.startOfScan) {
      if (!frame) throw invalidImage('the JPEG has a scan before its frame header');
      if (scans === 0) severalScans = checkMemory(frame, segment[0] ?? 0);
      if (++scans > limits.maxScans)
        throw unsupportedImage(`a JPEG in more than ${limits.maxScans} scans`, 'jpeg');
      at = endOfScan(bytes, at);
    }
  }
}

/** Whether all coefficients must be kept until the end, and if so, whether that is within bounds. */
function checkMemory(frame: Frame, componentsInFirstScan: number): boolean {
  if (!frame.progressive && componentsInFirstScan >= frame.channels) return false;
  if (coefficientBytesOf(frame) > limits.maxCoefficientBytes) {
    const mebibytes = limits.maxCoefficientBytes / 1024 / 1024;
    throw tooManyPixels(
      frame.width,
      frame.height,
      `and as a progressive JPEG it needs more than ${mebibytes} MiB to decode; baseline JPEGs may be larger`,
    );
  }
  return true;
}

/** libjpeg's whole-image coefficient arrays: every component in blocks, rounded up to whole MCUs. */
function coefficientBytesOf({ width, height, sampling }: Frame): number {
  const maxH = Math.max(...sampling.map(({ h }) => h));
  const maxV = Math.max(...sampling.map(({ v }) => v));
  const mcus = Math.ceil(width / (8 * maxH)) * Math.ceil(height / (8 * maxV));
  const blocksPerMcu = sampling.reduce((sum, { h, v }) => sum + h * v, 0);
  return mcus * blocksPerMcu * coefficientBytesPerBlock;
}

function readFrame(segment: Uint8Array, code: number): Frame {
  if (code > 0xc2) throw unsupportedImage('a lossless, hierarchical or arithmetic-coded JPEG', 'jpeg');
  if (segment.length < 6 || segment.length !== 6 + 3 * segment[5]!)
    throw invalidImage("the JPEG's frame header is malformed");
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  if (segment[0] !== 8) throw unsupportedImage(`a JPEG of ${segment[0]} bits per sample`, 'jpeg');
  const height = view.getUint16(1);
  const width = view.getUint16(3);
  checkExtent(width, height);
  const channels = segment[5]!;
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw unsupportedImage(`a JPEG of ${channels} components`, 'jpeg');
  const sampling = Array.from({ length: channels }, (_, i) => {
    const factors = segment[7 + 3 * i]!;
    return { h: factors >> 4, v: factors & 15 };
  });
  if (sampling.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4))
    throw invalidImage("the JPEG's sampling factors are out of range");
  return { width, height, channels, progressive: code === 0xc2, sampling };
}

/** The marker at `at`, with its fill bytes. */
function markerAt(bytes: Uint8Array, at: number): { value: number; next: number } {
  if (at < bytes.length && bytes[at] !== 0xff) throw invalidImage('a JPEG marker is missing');
  let next = at;
  while (bytes[next] === 0xff) next++;
  const value = bytes[next];
  if (value === undefined) throw truncated();
  if (value < 0xc0 ? value !== 0x01 : value === 0xd8 || (value >= 0xf0 && value !== 0xfe))
    throw invalidImage(`marker 0x${value.toString(16)} has no place in a JPEG`);
  return { value, next: next + 1 };
}

/** The contents of a segment, without its length. */
function segmentAt(bytes: Uint8Array, at: number, code: number): Uint8Array {
  if (at + 2 > bytes.length) throw truncated();
  const length = bytes[at]! * 256 + bytes[at + 1]!;
  if (length < 2) throw invalidImage(`segment 0x${code.toString(16)} has an impossible length`);
  if (at + length > bytes.length) throw truncated();
  return bytes.subarray(at + 2, at + length);
}

/** Where entropy-coded data ends: at the first marker that isn't a stuffed zero or a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; ; at++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) throw truncated();
    const next = bytes[at + 1];
    if (next === 0xff) continue;
    if (next !== 0 && !(next !== undefined && isRestart(next))) return at;
  }
}

const isRestart = (code: number) => code >= 0xd0 && code <= 0xd7;
/** Markers that have no segment. */
const isBare = (code: number) => code === 0x01 || isRestart(code);
/** SOF0 … SOF15, among which DHT, JPG and DAC are something else. */
const isFrame = (code: number) =>
  code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;

function startsWith(segment: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (segment[i] !== text.charCodeAt(i)) return false;
  return true;
}

function truncated() {
  return invalidImage('the JPEG stops before its end marker');
}
