// Rows of a decoded JPEG as RGB numbers, 0..255.

import type { DecodedJpeg } from './turbo-decoder.ts';

/**
 * Writes row `y` of a decoded JPEG into `row`, [width, 3]. Greyscale is repeated. CMYK is multiplied out
 * without a colour profile, as browsers do; Adobe's files store it inverted, so there it is the plain product.
 */
export function jpegRow(
  { width, channels, pixels }: DecodedJpeg,
  y: number,
  inverted: boolean,
  row: Float32Array,
) {
  const start = y * width * channels;
  if (channels === 3) {
    row.set(pixels.subarray(start, start + 3 * width));
    return;
  }
  for (let x = 0, at = start, to = 0; x < width; x++, at += channels, to += 3) {
    if (channels === 1) {
      row[to] = row[to + 1] = row[to + 2] = pixels[at]!;
      continue;
    }
    const flip = inverted ? 0 : 255;
    const ink = Math.abs(flip - pixels[at + 3]!) / 255;
    for (let c = 0; c < 3; c++) row[to + c] = Math.abs(flip - pixels[at + c]!) * ink;
  }
}
