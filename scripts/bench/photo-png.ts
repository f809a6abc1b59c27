// A photo as a PNG, written as encoders write it: for every row the filter whose bytes are smallest in sum.

import { deflateSync } from 'node:zlib';
import { chunk } from '../../lib/image/testing/png-encoder-node.ts';

/** @param rgb [height, width, 3] */
export function photoPng(rgb: Uint8Array, width: number, height: number): Uint8Array {
  const rowBytes = 3 * width;
  const rows = new Uint8Array(height * (1 + rowBytes));
  let above: Uint8Array = new Uint8Array(rowBytes);
  for (let y = 0; y < height; y++) {
    const row = rgb.subarray(y * rowBytes, (y + 1) * rowBytes);
    const candidates = filters.map((predict) => filtered(predict, row, above));
    const sums = candidates.map(sumOfMagnitudes);
    const best = sums.indexOf(Math.min(...sums));
    rows[y * (1 + rowBytes)] = best;
    rows.set(candidates[best]!, y * (1 + rowBytes) + 1);
    above = row;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const body = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', [])];
  return new Uint8Array(Buffer.concat([signature, ...body]));
}

type Predict = (left: number, up: number, corner: number) => number;

/** The five filters (W3C PNG, 9.2). */
const filters: Predict[] = [() => 0, (left) => left, (_, up) => up, (left, up) => (left + up) >> 1, nearest];

/** A row of RGB pixels minus what was predicted. */
function filtered(predict: Predict, row: Uint8Array, above: Uint8Array): Uint8Array {
  const out = new Uint8Array(row.length);
  for (let i = 0; i < 3; i++) out[i] = row[i]! - predict(0, above[i]!, 0);
  for (let i = 3; i < row.length; i++) out[i] = row[i]! - predict(row[i - 3]!, above[i]!, above[i - 3]!);
  return out;
}

function nearest(left: number, up: number, corner: number): number {
  const [toLeft, toUp] = [Math.abs(up - corner), Math.abs(left - corner)];
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function sumOfMagnitudes(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i]! < 128 ? bytes[i]! : 256 - bytes[i]!;
  return sum;
}
