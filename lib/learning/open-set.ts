// Fits a head's open set (lib/heads/open-set.ts): one Gaussian of the codes of all labels, and the score below which
// 95 % of images like the head's own stay. Every example is scored by a Gaussian of folds that it is not part of,
// or the threshold would be that of images the head knows by heart.

import type { OpenSet } from '../heads/index.ts';
import type { Linalg } from '../linalg/index.ts';
import type { Group } from './folds.ts';
import { type OpenSetFolds, openSetFolds } from './open-set-folds.ts';
import { type OpenSetReport, reportOf } from './open-set-report.ts';
import { compressionScale, computeGram, directionsOf, loadRows } from './open-set-rows.ts';
import { placesFor, type Sample, sampleExamples } from './open-set-sample.ts';
import { fitRowGaussian, type Gram } from './row-gaussian.ts';
import { within } from './run-steps.ts';

/** Share of images like the training images that a head should not refuse. */
const acceptedShare = 0.95;

export interface OpenSetData {
  /** [n, dims]; finite, or the training has refused them before. */
  codes: Float32Array;
  dims: number;
  /** [n], indices into `labelNames`. */
  labels: Int32Array;
  labelNames: string[];
  /** Examples of one group never stand on both sides of a fold. */
  groups?: Group[];
}

export interface OpenSetFit {
  /** Null where no honest threshold can be had; the report says why. */
  openSet: OpenSet | null;
  report: OpenSetReport;
}

/**
 * Fits to all examples; yields the share of the work that is done, 0 to 1, every few milliseconds. The same data in
 * the same order with the same seed give the same bits, whichever kernels stand behind `linalg`.
 */
export function* fitOpenSet(data: OpenSetData, seed: number, linalg: Linalg): Generator<number, OpenSetFit> {
  const without = (reason: string): OpenSetFit => ({ openSet: null, report: reportOf(reason) });
  const equal = 'The codes of the images hardly differ from each other. Add other images.';
  const { codes, dims, labels, labelNames } = data;
  const sample = sampleExamples(labels, labelNames.length, seed, placesFor(dims));
  const { rows } = sample;
  const folds = openSetFolds(data, rows, seed);
  if (typeof folds === 'string') return without(folds);
  const scale = compressionScale(codes, dims, rows);
  if (scale === null) return without(equal);

  const { workspace, center } = yield* within(0, 0.1, loadRows(codes, dims, rows, scale, linalg));
  const gram = yield* within(0.1, 0.2, computeGram(workspace));
  const scores = yield* within(0.3, 0.5, scoreOutOfFold(gram, folds, linalg));
  const everyRow = rows.map((_, at) => at);
  const gaussian = yield* within(0.8, 0.1, fitRowGaussian(gram, everyRow, folds.directions, linalg));
  if (!scores || !gaussian) return without(equal);
  const basis = yield* within(0.9, 0.1, directionsOf(gaussian, workspace));
  const threshold = quantile(folds.judged, scores, sample);
  if (threshold === null) return without('Nearly all images have one label. Add images of the others.');
  const { precision } = gaussian;
  return {
    openSet: { method: 'mahalanobis', scale, center, basis, precision, threshold },
    report: reportOf(null, { data, sample, folds, scores, threshold, directions: precision.length - 1 }),
  };
}

/** Each row that a fold judges, scored by a Gaussian of the rest; null where a rest is all the same. */
function* scoreOutOfFold(
  gram: Gram,
  { fold, count, members, directions }: OpenSetFolds,
  linalg: Linalg,
): Generator<number, Float64Array | null> {
  const scores = new Float64Array(gram.n);
  for (const [f, list] of members.entries()) {
    const gaussian = yield* within(f / count, 1 / count, fitRowGaussian(gram, list, directions, linalg));
    if (!gaussian) return null;
    for (const [at, of] of fold.entries()) if (of === f) scores[at] = gaussian.score(at);
  }
  return scores;
}

/**
 * The least score that 95 % of the weight stays at or below, one more example counted beyond all of them (the
 * conformal quantile: Vovk, Gammerman and Shafer 2005); null where it would be beyond the largest.
 */
function quantile(judged: number[], scores: Float64Array, { weights }: Sample): number | null {
  const order = [...judged].sort((a, b) => scores[a]! - scores[b]! || a - b);
  const heaviest = order.reduce((most, at) => Math.max(most, weights[at]!), 0);
  const wanted = acceptedShare * order.reduce((sum, at) => sum + weights[at]!, heaviest);
  let below = 0;
  for (const at of order) {
    below += weights[at]!;
    if (below >= wanted) return scores[at]!;
  }
  return null;
}
