// What the integer kernels compute, in plain loops: the formulas of requantise.as.ts and depthwise-u7.as.ts.

import type { Random } from '../../fixtures.ts';
import { clamp } from './near.ts';

/** The largest magnitude to which the positives, and the negatives, of four weights that meet in a lane may sum. */
export const quadBound = 258;

export const saturate16 = (x: number) => clamp(x, -32768, 32767);

/** Round half to even. */
export function roundEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.floor(x + 0.5);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A sum as an output. */
export function requantise(
  sum: number,
  scale: number,
  [lo, hi, zeroPoint]: readonly [number, number, number],
  residual = 0,
): number {
  const y = saturate16(roundEven(Math.fround(Math.fround(sum) * Math.fround(scale))) + zeroPoint);
  return clamp(saturate16(y + residual), lo, hi);
}

/** The product of x and a Q15 number, rounded: what q15mulr computes. */
export const q15 = (x: number, w: number) => (x * w + 0x4000) >> 15;

/** `length` integers in lo..hi, one in eight of them an end of the range. */
export function integers(random: Random, length: number, lo: number, hi: number): number[] {
  return Array.from(random.array(length, 1), (u) => {
    const t = (u + 1) / 2;
    if (t < 1 / 16) return lo;
    if (t > 15 / 16) return hi;
    return clamp(lo + Math.floor(((t - 1 / 16) * (hi - lo + 1) * 16) / 14), lo, hi);
  });
}

/** Places in a block of eight inputs whose products meet in one int16 lane. */
const quads = [
  [0, 1, 4, 5],
  [2, 3, 6, 7],
] as const;

/** int8 weights [taps][K][N] of which every quad keeps the bound; many reach it. */
export function quadWeights(random: Random, [taps, k, n]: [number, number, number]): number[] {
  const weights = integers(random, taps * k * n, -128, 127);
  for (let row = 0; row < taps * k; row += k)
    for (let block = 0; block < k; block += 8)
      for (const quad of quads)
        for (let o = 0; o < n; o++) {
          const inside = quad.filter((place) => block + place < k);
          bound(
            weights,
            inside.map((place) => (row + block + place) * n + o),
          );
        }
  return weights;
}

/** Cuts what stands at these places until positives and negatives each keep the bound. */
function bound(weights: number[], places: number[]): void {
  const room = { plus: quadBound, minus: quadBound };
  for (const at of places) {
    const sign = weights[at]! < 0 ? 'minus' : 'plus';
    const magnitude = Math.min(Math.abs(weights[at]!), room[sign]);
    room[sign] -= magnitude;
    weights[at] = sign === 'minus' ? -magnitude : magnitude;
  }
}
