// What every importer asks of a model's input: one square image.

import { unsupported } from '../problems.ts';

/** Side and channels of an input shape [batch, h, w, c]; −1 leaves a side open. */
export function imageSides(dims: number[], where: string): { size: number | undefined; channels: number } {
  const [, h = -1, w = -1, c = -1] = dims;
  if (dims.length !== 4 || h !== w || c < 1)
    throw unsupported(
      `The input ${where} is [${dims}]; only one square image [batch, side, side, channels] is supported.`,
    );
  return { size: h > 0 ? h : undefined, channels: c };
}
