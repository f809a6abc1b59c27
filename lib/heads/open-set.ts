// None of these: how far a code lies from all the codes that a head was trained on. It is the Mahalanobis distance
// to one Gaussian of compressed codes, whose covariance is a few leading directions plus the same small variance in
// every other one (a factor form of shrinkage; Lee et al. 2018 use the distance for this purpose). Fitted in
// lib/learning/open-set.ts; what it was compared with stands in docs/decisions/0012.

import { HeadwaterError } from '../errors/index.ts';
import { log } from '../linalg/index.ts';

export interface OpenSet {
  method: 'mahalanobis';
  /** Codes are compressed first: sign(x)·ln(1 + scale·|x|). */
  scale: number;
  /** [D], mean of the compressed codes. */
  center: Float32Array;
  /** [m, D], row-major: orthonormal directions, as float16 can hold them. */
  basis: Float32Array;
  /** [m + 1]: 1/variance along each direction, and at last along any other, all divided by D. */
  precision: Float64Array;
  /** A code that scores above it is none of the labels. */
  threshold: number;
}

/**
 * How strange a code [D] is: larger is stranger, about 1 for what the head was trained on.
 *
 * Σ p²·precision over the directions, plus the last precision times what they leave of ‖z‖², where z is the
 * compressed code minus the center and p its products with the directions.
 *
 * @throws HeadwaterError `head-refused` for a code of another length, or one that holds a number that isn't finite.
 */
export function openSetScore({ scale, center, basis, precision }: OpenSet, code: Float32Array): number {
  const dims = center.length;
  if (code.length !== dims || !code.every(Number.isFinite))
    throw new HeadwaterError(
      'head-refused',
      `The head judges codes of ${dims} finite numbers, and this one is not. It belongs to another code space.`,
    );
  const z = new Float64Array(dims);
  let rest = 0;
  for (let k = 0; k < dims; k++) {
    const value = compress(code[k]!, scale) - center[k]!;
    z[k] = value;
    rest += value * value;
  }
  let score = 0;
  for (let j = 0; j < precision.length - 1; j++) {
    let along = 0;
    const at = j * dims;
    for (let k = 0; k < dims; k++) along += basis[at + k]! * z[k]!;
    score += along * along * precision[j]!;
    rest -= along * along;
  }
  return score + Math.max(0, rest) * precision[precision.length - 1]!;
}

/** Whether a head takes a code for none of its labels; undefined for a head that always names one. */
export function isNone({ openSet }: { openSet?: OpenSet }, code: Float32Array): boolean | undefined {
  return openSet && openSetScore(openSet, code) > openSet.threshold;
}

/** sign(x)·ln(1 + scale·|x|): a few large activations no longer outweigh all the small ones. */
export function compress(x: number, scale: number): number {
  return x < 0 ? -log(1 - scale * x) : log(1 + scale * x);
}
