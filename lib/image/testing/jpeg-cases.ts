// JPEGs of every kind for tests, from a seed: smooth random coefficients, so that scales can be compared.

import { segment } from './containers-node.ts';
import { encodeJpeg, type JpegPicture, type JpegScan } from './jpeg-encoder.ts';

export interface JpegCase {
  width: number;
  height: number;
  /** [h, v] of every component. */
  sampling: [number, number][];
  colours: 'plain' | 'jfif' | 'rgb by name' | 'adobe 0' | 'adobe 1' | 'adobe 2';
  kind: keyof typeof scanOrders;
  restartInterval: number;
  skewed: boolean;
  seed: number;
  /** Coefficients below this row and column only; 8 for all. */
  side?: number;
}

/** Orders of scans, for any number of components. */
export const scanOrders = {
  'sequential, one scan': (all: number[]): JpegScan[] => [{ components: all, band: [0, 63, 0, 0] }],
  'sequential, a scan each': (all: number[]): JpegScan[] =>
    all.map((c) => ({ components: [c], band: [0, 63, 0, 0] })),
  'progressive by bands': (all: number[]): JpegScan[] => [
    { components: all, band: [0, 0, 0, 0] },
    ...all.flatMap((c): JpegScan[] => [
      { components: [c], band: [1, 5, 0, 0] },
      { components: [c], band: [6, 63, 0, 0] },
    ]),
  ],
  // The order of most encoders: coarse first, then bit by bit.
  'progressive by bits': (all: number[]): JpegScan[] => [
    { components: all, band: [0, 0, 0, 1] },
    ...all.flatMap((c): JpegScan[] => [
      { components: [c], band: [1, 5, 0, 2] },
      { components: [c], band: [6, 63, 0, 2] },
      { components: [c], band: [1, 63, 2, 1] },
    ]),
    ...all.map((c): JpegScan => ({ components: [c], band: [0, 0, 1, 0] })),
    ...all.map((c): JpegScan => ({ components: [c], band: [1, 63, 1, 0] })),
  ],
};

const zigzag = [
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48],
  ...[41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23],
  ...[30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
];

export function jpegOf(wanted: JpegCase): Uint8Array {
  const { width, height, sampling, colours, kind, restartInterval, skewed, seed, side = 8 } = wanted;
  const names = colours === 'rgb by name' ? [...Buffer.from('RGB')] : [1, 2, 3, 4];
  const head: Uint8Array[] = [];
  if (colours === 'jfif') head.push(segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]));
  if (colours.startsWith('adobe'))
    head.push(segment(0xee, [...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, Number(colours.at(-1))]));
  const all = sampling.map((_, c) => c);
  const picture: JpegPicture = {
    ...{ width, height, restartInterval, skewed, head },
    components: sampling.map(([h, v], c) => ({ id: names[c]!, h, v })),
    progressive: kind.startsWith('progressive'),
    scans: scanOrders[kind](all),
    quantisation: zigzag.map((at) => 2 + (at >> 3) + (at & 7)),
    block: memoised((...place) => randomBlock(seed, place, side)),
  };
  return encodeJpeg(picture);
}

/** A progressive file asks for each block in several scans. */
function memoised(make: JpegPicture['block']): JpegPicture['block'] {
  const made = new Map<string, Int16Array>();
  return (...place) => {
    const key = place.join();
    const block = made.get(key) ?? make(...place);
    made.set(key, block);
    return block;
  };
}

/** Coefficients that fade with frequency, most of them zero, around a mean that stays away from black and white. */
function randomBlock(seed: number, place: [number, number, number], side: number): Int16Array {
  let state = place.reduce((sum, n) => Math.imul(sum ^ n, 0x01000193) + 0x9e3779b9, seed | 0);
  const random = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return (state >>> 8) / 2 ** 24;
  };
  const block = new Int16Array(64);
  block[0] = Math.round((random() - 0.5) * 300);
  const busy = random();
  zigzag.forEach((at, k) => {
    const [v, u] = [at >> 3, at & 7];
    if (k === 0 || v >= side || u >= side || random() > busy) return;
    block[k] = Math.round(((random() - 0.5) * 90) / (1 + u * u + v * v));
    if (block[k] === 0 && random() < 0.2) block[k] = random() < 0.5 ? 1 : -1;
  });
  return block;
}
