// What a PNG says about itself (W3C PNG, third edition): a walk over its chunks without inflating anything.
// IHDR decides first, so a bomb is refused before the rest is looked at.

import { crc32 } from './crc32.ts';
import { exifOrientation, type Orientation } from './exif.ts';
import { limits } from './limits.ts';
import { checkExtent, invalidImage, tooManyPixels } from './refuse.ts';

/** Colour types as PNG numbers them. */
export type PngColour = 'grey' | 'rgb' | 'palette' | 'greyAlpha' | 'rgba';

export interface PngHeader {
  width: number;
  height: number;
  bitDepth: 1 | 2 | 4 | 8 | 16;
  colour: PngColour;
  /** Samples of a pixel in the file: 1 for a palette. */
  samples: 1 | 2 | 3 | 4;
  interlaced: boolean;
  orientation: Orientation;
  /** [n, 3], n ≤ 256. */
  palette: Uint8Array | undefined;
  /** tRNS as stored: alpha of palette entries, or the transparent grey or RGB value in 16 bits each. */
  transparency: Uint8Array | undefined;
  /** The compressed data, chunk by chunk, views of the file. */
  data: Uint8Array[];
}

const colours: Record<number, { colour: PngColour; samples: PngHeader['samples']; depths: number[] }> = {
  0: { colour: 'grey', samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { colour: 'rgb', samples: 3, depths: [8, 16] },
  3: { colour: 'palette', samples: 1, depths: [1, 2, 4, 8] },
  4: { colour: 'greyAlpha', samples: 2, depths: [8, 16] },
  6: { colour: 'rgba', samples: 4, depths: [8, 16] },
};

/** Length, type and CRC around a chunk's data. */
const chunkOverhead = 12;
const headerEnd = 8 + chunkOverhead + 13;

/**
 * Reads and checks a PNG's chunks.
 *
 * @throws HeadwaterError `invalid-image`, `image-too-many-pixels`
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const header = readImageHeader(bytes);
  for (let at = headerEnd; ; ) {
    const { type, data, crc } = chunkAt(bytes, at);
    at += chunkOverhead + data.length;
    if (type === 'IEND') break;
    if (type === 'IDAT') header.data.push(data);
    else if (type === 'PLTE') header.palette = checked(data, crc, type);
    else if (type === 'tRNS') header.transparency = checked(data, crc, type);
    else if (type === 'eXIf') header.orientation = exifOrientation(data);
    else if (isCritical(type))
      throw invalidImage(`the PNG holds an unknown critical chunk, ${JSON.stringify(type)}`);
  }
  checkColours(header);
  if (header.data.length === 0) throw invalidImage('the PNG holds no picture data');
  return header;
}

/** Bytes that the rows of a width × height picture inflate to, filter bytes included. */
export function inflatedBytes(
  header: Pick<PngHeader, 'samples' | 'bitDepth'>,
  width: number,
  height: number,
): number {
  return height * (1 + Math.ceil((width * header.samples * header.bitDepth) / 8));
}

function readImageHeader(bytes: Uint8Array): PngHeader {
  const { type, data, crc } = chunkAt(bytes, 8);
  if (type !== 'IHDR' || data.length !== 13) throw invalidImage('the PNG does not begin with its header');
  checked(data, crc, type);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const bitDepth = data[8]! as PngHeader['bitDepth'];
  const kind = colours[data[9]!];
  if (!kind?.depths.includes(bitDepth) || data[10] !== 0 || data[11] !== 0 || data[12]! > 1)
    throw invalidImage('the PNG header describes a format that does not exist');
  checkExtent(width, height);
  const { colour, samples } = kind;
  if (inflatedBytes({ samples, bitDepth }, width, height) > limits.maxInflatedBytes)
    throw tooManyPixels(width, height, `and unpacked it would exceed ${limits.maxInflatedBytes} bytes`);
  const interlaced = data[12] === 1;
  return {
    ...{ width, height, bitDepth, colour, samples, interlaced },
    ...{ orientation: 1, palette: undefined, transparency: undefined, data: [] },
  };
}

function checkColours({ colour, palette, transparency }: PngHeader): void {
  if (colour === 'palette' && !palette) throw invalidImage('the PNG lacks its palette');
  if (palette && (palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768))
    throw invalidImage('the palette of the PNG is malformed');
  const needed = { grey: 2, rgb: 6, palette: 0, greyAlpha: 0, rgba: 0 }[colour];
  if (transparency && transparency.length < needed)
    throw invalidImage('the transparency of the PNG is malformed');
}

function chunkAt(bytes: Uint8Array, at: number): { type: string; data: Uint8Array; crc: number } {
  if (at + chunkOverhead > bytes.length) throw truncated();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(at);
  if (at + chunkOverhead + length > bytes.length) throw truncated();
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  return { type, data: bytes.subarray(at + 8, at + 8 + length), crc: view.getUint32(at + 8 + length) };
}

/** The data of a chunk whose CRC (over type and data) is right. IDAT has a checksum of its own inside. */
function checked(data: Uint8Array, crc: number, type: string): Uint8Array {
  const covered = new Uint8Array(data.buffer, data.byteOffset - 4, data.length + 4);
  if (crc32(covered) !== crc) throw invalidImage(`the checksum of the PNG's ${type} is wrong`);
  return data;
}

/** An upper-case first letter: whoever doesn't know the chunk cannot show the picture. */
const isCritical = (type: string) => type < 'a';

function truncated() {
  return invalidImage('the PNG stops before its end');
}
