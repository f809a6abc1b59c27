// Lossless WebP bitstreams for tests (RFC 9649 §3): pictures of one colour that take no bits at all, and one that
// wants a set of Huffman codes for each of its tiles.

import { webpChunk } from './containers-node.ts';

/** The order in which lengths of the code-length code are written (RFC 9649 §3.7.2.1.2). */
const lengthOrder = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const greens = 256 + 24;

/**
 * A VP8L chunk: a black picture of any size.
 *
 * @param tiles for each 4 × 4 pixels a Huffman group of its own, up to 65,536
 */
export function losslessChunk(width: number, height: number, tiles = false): Uint8Array {
  const { put, done } = bitWriter();
  const one = () => put(0b0001, 4); // A code of one symbol, 0, which takes no bits.
  put(0x2f, 8);
  put(width - 1, 14);
  put(height - 1, 14);
  put(0, 4); // No alpha, version 0.
  put(0, 2); // No transform, no colour cache.
  put(Number(tiles), 1);
  const across = Math.ceil(width / 4);
  const groups = tiles ? Math.min(65_536, across * Math.ceil(height / 4)) : 1;
  if (tiles) {
    put(0, 3); // Tiles of 4 pixels.
    put(0, 1); // The tiles' picture has no colour cache.
    eightBits(put, greens);
    eightBits(put, 256);
    for (let i = 0; i < 3; i++) one();
    for (let i = 0; i < across * Math.ceil(height / 4); i++)
      for (const part of [i & 255, (i >> 8) & 255]) put(mirrored(part), 8);
  }
  for (let i = 0; i < 5 * groups; i++) one();
  return webpChunk('VP8L', done());
}

/** A code that writes each of 256 symbols in 8 bits, within an alphabet of `size`. */
function eightBits(put: (value: number, bits: number) => void, size: number): void {
  const used = lengthOrder.slice(0, lengthOrder.indexOf(8) + 1);
  put(0, 1);
  put(used.length - 4, 4);
  for (const length of used) put(length === 0 || length === 8 ? 1 : 0, 3);
  put(0, 1);
  for (let symbol = 0; symbol < size; symbol++) put(symbol < 256 ? 1 : 0, 1);
}

const mirrored = (byte: number) =>
  Array.from({ length: 8 }, (_, i) => ((byte >> i) & 1) << (7 - i)).reduce((sum, bit) => sum | bit);

function bitWriter() {
  const bytes: number[] = [];
  let used = 8;
  return {
    put(value: number, bits: number): void {
      for (let i = 0; i < bits; i++, used++) {
        if (used === 8) {
          bytes.push(0);
          used = 0;
        }
        bytes[bytes.length - 1]! |= ((value >>> i) & 1) << used;
      }
    },
    /** A reader may look a few bytes ahead. */
    done: () => [...bytes, 0, 0, 0, 0],
  };
}
