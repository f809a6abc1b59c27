// Unfiltered bytes of a PNG row → RGB numbers, 0..255, over white. Sixteen-bit samples keep their precision
// (value / 257), transparency is composited without rounding. Gamma and colour profiles are not applied: the
// networks were trained on files read that way.

import { overWhite } from './over-white.ts';
import type { PngHeader } from './png-header.ts';
import type { Pass, PngRow } from './png-rows.ts';
import type { Resizer } from './resize.ts';
import type { ImageWasm } from './wasm.ts';

/**
 * Hands rows to the resize. Those of whole pictures in 8-bit RGB and RGBA, which are most, go there as the bytes that
 * they are; others become numbers here first.
 */
export function createPngRowAdder(
  wasm: ImageWasm,
  header: PngHeader,
  resizer: Resizer,
): (row: PngRow) => void {
  const { colour, bitDepth, interlaced, transparency } = header;
  if (!interlaced && bitDepth === 8) {
    if (colour === 'rgba') return ({ address, number }) => wasm.consumeRgbaRow(address, number);
    if (colour === 'rgb' && !transparency) return ({ address, number }) => wasm.consumeRow(address, number);
  }
  const readRow = createPngRowReader(header);
  return ({ bytes, pass, number }) => {
    const y = pass.y + number * pass.dy;
    if (!resizer.needs(y)) return;
    const { row } = resizer;
    // Pixels that belong to other passes count when their pass comes.
    if (pass.dx > 1) row.fill(0);
    readRow(bytes, pass, row);
    resizer.addRow(y);
  };
}

/** Writes a row's pixels into `row` [width, 3] of the whole picture: the first at pass.x, then every pass.dx. */
type PngRowReader = (bytes: Uint8Array, pass: Pass, row: Float32Array) => void;

/** A reader of rows for a PNG's colour type, depth and transparency. */
function createPngRowReader(header: PngHeader): PngRowReader {
  const samples = new Uint16Array(header.width * header.samples);
  const place = header.samples === 1 ? placeByTable(tableOf(header)) : placeSamples(header);
  return (bytes, pass, row) => {
    unpack(bytes, header.bitDepth, samples.subarray(0, pass.width * header.samples));
    place(samples, pass, row);
  };
}

type Place = (samples: Uint16Array, pass: Pass, row: Float32Array) => void;

/** Palettes and greys: one sample names the colour. */
function placeByTable(table: Float32Array): Place {
  return (samples, { x, dx, width }, row) => {
    for (let i = 0, to = 3 * x; i < width; i++, to += 3 * dx) {
      const from = 3 * samples[i]!;
      row[to] = table[from]!;
      row[to + 1] = table[from + 1]!;
      row[to + 2] = table[from + 2]!;
    }
  };
}

/** RGB of every value that a sample can have, over white: [2^bitDepth, 3]. */
function tableOf({ colour, bitDepth, palette, transparency }: PngHeader): Float32Array {
  const white = 2 ** bitDepth - 1;
  const table = new Float32Array(3 * (white + 1));
  if (colour === 'palette') {
    // Entries that the palette lacks are black, as in libpng.
    for (let i = 0; i < Math.min(table.length, palette?.length ?? 0); i++)
      table[i] = overWhite(palette![i]!, (transparency?.[Math.floor(i / 3)] ?? 255) / 255);
    return table;
  }
  for (let value = 0; value <= white; value++) table.fill((value * 255) / white, 3 * value, 3 * value + 3);
  if (transparency) {
    const transparent = readUint16(transparency, 0) & white;
    table.fill(255, 3 * transparent, 3 * transparent + 3);
  }
  return table;
}

/** Grey with alpha, RGB, RGBA; 8 or 16 bits each. */
function placeSamples({ colour, samples: perPixel, bitDepth, transparency }: PngHeader): Place {
  const white = 2 ** bitDepth - 1;
  const scale = 255 / white;
  const greenAt = perPixel >= 3 ? 1 : 0;
  const blueAt = perPixel >= 3 ? 2 : 0;
  const alphaAt = colour === 'rgb' ? -1 : perPixel - 1;
  const key =
    colour === 'rgb' && transparency ? [0, 2, 4].map((at) => readUint16(transparency, at) & white) : null;
  return (samples, { x, dx, width }, row) => {
    for (let i = 0, from = 0, to = 3 * x; i < width; i++, from += perPixel, to += 3 * dx) {
      const red = samples[from]!;
      const green = samples[from + greenAt]!;
      const blue = samples[from + blueAt]!;
      let alpha = 1;
      if (alphaAt >= 0) alpha = samples[from + alphaAt]! / white;
      else if (key && red === key[0] && green === key[1] && blue === key[2]) alpha = 0;
      row[to] = overWhite(red * scale, alpha);
      row[to + 1] = overWhite(green * scale, alpha);
      row[to + 2] = overWhite(blue * scale, alpha);
    }
  };
}

/** Samples of 1, 2, 4, 8 or 16 bits, most significant first, as numbers; as many as `samples` holds. */
function unpack(bytes: Uint8Array, bitDepth: number, samples: Uint16Array): void {
  if (bitDepth === 8) {
    samples.set(bytes.subarray(0, samples.length));
    return;
  }
  if (bitDepth === 16) {
    for (let i = 0; i < samples.length; i++) samples[i] = readUint16(bytes, 2 * i);
    return;
  }
  const mask = 2 ** bitDepth - 1;
  for (let i = 0, bit = 0; i < samples.length; i++, bit += bitDepth)
    samples[i] = (bytes[bit >> 3]! >> (8 - bitDepth - (bit & 7))) & mask;
}

function readUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}
