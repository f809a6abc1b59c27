// A PNG encoder for tests: every colour type, depth, filter and interlacing, from samples. It is written from
// the standard, not from the decoder, and computes its checksums with Node's zlib.

import { crc32, deflateSync } from 'node:zlib';

export interface PngPicture {
  width: number;
  height: number;
  bitDepth: 1 | 2 | 4 | 8 | 16;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  colourType: 0 | 2 | 3 | 4 | 6;
  /** [height, width, samples] */
  samples: ArrayLike<number>;
  interlaced?: boolean;
  /** Filter of row y; 0 if left out. */
  filter?: (y: number) => number;
  palette?: number[];
  transparency?: number[];
  exif?: Uint8Array;
  /** Bytes of each IDAT chunk. */
  idatBytes?: number;
  /** Bytes appended to the rows before they are compressed. */
  surplus?: number;
}

export const samplesOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

export function encodePng(picture: PngPicture): Uint8Array {
  const { width, height, bitDepth, colourType, palette, transparency, exif, idatBytes = 1 << 20 } = picture;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bitDepth, colourType, 0, 0, picture.interlaced ? 1 : 0], 8);
  const compressed = deflateSync(Buffer.concat([...rows(picture), Buffer.alloc(picture.surplus ?? 0)]));
  const chunks = [chunk('IHDR', header)];
  if (palette) chunks.push(chunk('PLTE', palette));
  if (transparency) chunks.push(chunk('tRNS', transparency));
  if (exif) chunks.push(chunk('eXIf', exif));
  for (let at = 0; at < compressed.length; at += idatBytes)
    chunks.push(chunk('IDAT', compressed.subarray(at, at + idatBytes)));
  chunks.push(chunk('IEND', []));
  return new Uint8Array(Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]));
}

export function chunk(type: string, data: ArrayLike<number>): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Uint8Array.from(data)]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), 4 + body.length);
  return out;
}

function* rows({ width, height, bitDepth, colourType, samples, interlaced, filter = () => 0 }: PngPicture) {
  const perPixel = samplesOf[colourType];
  // Adam7 as the standard draws it: which pass each pixel of an 8 × 8 tile belongs to.
  const tile = [
    '16462646',
    '77777777',
    '56565656',
    '77777777',
    '36463646',
    '77777777',
    '56565656',
    '77777777',
  ];
  const distance = Math.max(1, (perPixel * bitDepth) / 8);
  for (const pass of interlaced ? [...'1234567'] : ['']) {
    let above: number[] = [];
    for (let y = 0; y < height; y++) {
      const bits: number[] = [];
      for (let x = 0; x < width; x++) {
        if (pass && tile[y % 8]![x % 8] !== pass) continue;
        for (let s = 0; s < perPixel; s++) {
          const value = samples[(y * width + x) * perPixel + s]!;
          for (let bit = bitDepth - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
        }
      }
      if (bits.length === 0) continue;
      const row: number[] = [];
      for (let at = 0; at < bits.length; at += 8)
        row.push(bits.slice(at, at + 8).reduce((sum, bit, i) => sum + (bit << (7 - i)), 0));
      yield Buffer.from([filter(y), ...applyFilter(filter(y), row, above, distance)]);
      above = row;
    }
  }
}

function applyFilter(type: number, row: number[], above: number[], distance: number): number[] {
  return row.map((value, i) => {
    const a = row[i - distance] ?? 0;
    const b = above[i] ?? 0;
    const c = i < distance ? 0 : (above[i - distance] ?? 0);
    const p = a + b - c;
    const nearest = [a, b, c].sort((s, t) => Math.abs(p - s) - Math.abs(p - t))[0]!;
    return (value - [0, a, b, Math.floor((a + b) / 2), nearest][type]!) & 255;
  });
}
