// How much of a JPEG is decoded. Its transform can yield the picture at N/8 of its size for a fraction of the
// work and memory; what stays must still be twice the target, so that the resize decides what the network sees
// (mean error against the full decode: 0.13 of 255 levels at 4/8, 0.38 at 2/8).

import { limits } from './limits.ts';

export type Eighths = 1 | 2 | 4 | 8;

/**
 * The smallest of 1/8, 2/8, 4/8, 8/8 at which the short side is at least twice `target`; smaller again while
 * the decoded picture would exceed `limits.maxDecodedBytes`, which only long panoramas do.
 */
export function chooseEighths(
  { width, height, channels }: { width: number; height: number; channels: number },
  target: number,
): Eighths {
  const scales: Eighths[] = [1, 2, 4, 8];
  let choice = scales.findIndex((n) => Math.min(width, height) * n >= 8 * 2 * target);
  if (choice < 0) choice = scales.length - 1;
  const bytesAt = (n: Eighths) => scaledSide(width, n) * scaledSide(height, n) * channels;
  while (choice > 0 && bytesAt(scales[choice]!) > limits.maxDecodedBytes) choice--;
  return scales[choice]!;
}

/** Pixels of a side decoded at N/8: a last, partly covered one included. */
export function scaledSide(side: number, eighths: Eighths): number {
  return Math.ceil((side * eighths) / 8);
}
