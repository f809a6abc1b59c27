// The range that few levels should cover. Wide, and every number is rounded coarsely; narrow, and large ones are
// clipped: the best one has the least squared error of both over what was seen.

import type { Histogram } from './histogram.ts';

/** 7 bits: what the 8-bit arithmetic's convolutions take. */
const topLevel = 127;
/** Candidates are the extreme times 1, 0.99, … down to this. */
const leastShare = 0.2;
const steps = 80;
/** Rounds of choosing one end while the other stands. */
const rounds = 3;

/** The best range of 7 bits. `lo` is 0 if nothing is negative. Both are 0 if nothing but zeros was seen. */
export function bestRange(histogram: Histogram): { lo: number; hi: number } {
  const { least, most } = histogram;
  const bins = histogram.bins();
  const shares = Array.from({ length: steps + 1 }, (_, i) => 1 - (i * (1 - leastShare)) / steps);
  const best = (ranges: { lo: number; hi: number }[]) => {
    const errors = ranges.map(({ lo, hi }) => squaredError(bins, lo, hi));
    return ranges[errors.indexOf(Math.min(...errors))]!;
  };
  let range = { lo: least, hi: most };
  if (least === most) return range;
  for (let round = 0; round < rounds; round++) {
    if (most > 0) range = best(shares.map((share) => ({ lo: range.lo, hi: most * share })));
    if (least < 0) range = best(shares.map((share) => ({ lo: least * share, hi: range.hi })));
  }
  return range;
}

/** Sum over the bins of (x − what its level stands for)². */
export function squaredError(
  { centres, counts }: ReturnType<Histogram['bins']>,
  lo: number,
  hi: number,
): number {
  const scale = (hi - lo) / topLevel;
  const zero = Math.round(-lo / scale);
  let sum = 0;
  for (let i = 0; i < centres.length; i++) {
    const level = Math.min(topLevel, Math.max(0, Math.round(centres[i]! / scale) + zero));
    sum += counts[i]! * (centres[i]! - (level - zero) * scale) ** 2;
  }
  return sum;
}
