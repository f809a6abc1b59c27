// The tables by which convolutions find their pixels, so that one kernel serves every stride, padding, dilation and
// halo.

import { tableMargin } from '../kernels.ts';
import type { Constants } from './constants.ts';
import type { Layout } from './context.ts';
import { pixelBytesOf } from './layout.ts';
import type { Window } from './window.ts';

/** Address of a table of height × width distances: pixel (y, x) at y · down + x · right + start, in bytes. */
function pixelTable(
  constants: Constants,
  height: number,
  width: number,
  down: number,
  right: number,
  start: number,
): number {
  const pixels = height * width;
  const bytes = (pixels + tableMargin) * 4;
  return constants.shared(`pixels ${height} ${width} ${down} ${right} ${start}`, bytes, () => {
    const table = new Int32Array(pixels + tableMargin);
    let i = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) table[i++] = start + y * down + x * right;
    table.fill(table[pixels - 1]!, pixels);
    return table;
  });
}

/** Distances of a picture's pixels from its first. */
export const offsetsTable = (constants: Constants, { storage, height, width, row }: Layout): number =>
  pixelTable(constants, height, width, row, pixelBytesOf[storage], 0);

/** Distances of the receptive fields of a window's outputs from the picture's first pixel; negative in the halo. */
export function fieldsTable(constants: Constants, layout: Layout, window: Window): number {
  const pixel = pixelBytesOf[layout.storage];
  const start = -window.top * layout.row - window.left * pixel;
  const [down, right] = [window.stride[0] * layout.row, window.stride[1] * pixel];
  return pixelTable(constants, window.height, window.width, down, right, start);
}

/** Distances of a kernel's taps from the first. */
export function tapsTable(constants: Constants, layout: Layout, { kernel, dilation }: Window): number {
  const [down, right] = [dilation[0] * layout.row, dilation[1] * pixelBytesOf[layout.storage]];
  const [kh, kw] = kernel;
  return constants.shared(`taps ${kh} ${kw} ${down} ${right}`, kh * kw * 4, () => {
    const table = new Int32Array(kh * kw);
    for (let y = 0; y < kh; y++) for (let x = 0; x < kw; x++) table[y * kw + x] = y * down + x * right;
    return table;
  });
}
