// Rows of a decoded WebP as RGB numbers, 0..255, over white.

import { overWhite } from './over-white.ts';

/** Writes row `y` of `rgba` [height, width, 4] into `row` [width, 3]. */
export function webpRow(rgba: Uint8Array, width: number, y: number, row: Float32Array): void {
  for (let x = 0, at = 4 * width * y, to = 0; x < width; x++, at += 4, to += 3) {
    const alpha = rgba[at + 3]! / 255;
    for (let c = 0; c < 3; c++) row[to + c] = overWhite(rgba[at + c]!, alpha);
  }
}
