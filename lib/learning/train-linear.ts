// Trains a linear head on codes: multinomial logistic regression as scikit-learn's StandardScaler and
// LogisticRegression (L2, intercept not penalised), its strength by cross-validation.
//
// The policy: cross-validation over the training split gives the strength and the out-of-fold metrics; a model of
// the training split alone gives the held-out metrics; the head that is published is fitted on all examples.
// The last two start from zero, so they depend on data, seed and strength only, not on how that was found.

import { HeadwaterError } from '../errors/index.ts';
import type { Linalg } from '../linalg/index.ts';
import { arrangeRows, type Split } from './arrange.ts';
import { bestCandidate, type Candidate, crossValidate, shareOfFit } from './cross-validate.ts';
import { finalTolerance, fitSoftmax } from './fit.ts';
import type { Group } from './folds.ts';
import { computeMetrics } from './metrics.ts';
import { publishedWeights } from './published-weights.ts';
import type { TrainingReport } from './report.ts';
import { judgeRows } from './softmax-objective.ts';
import { standardise } from './standardise.ts';
import { type Codes, countLabels, loadCodes, type TrainingData } from './training-data.ts';

export interface LinearTraining extends Codes {
  /** Examples of one group (a burst of photos) never stand on both sides of a fold. */
  groups?: Group[];
  /** [n]: which examples are kept back to measure. */
  split: Split[];
  kind: 'softmax';
  /** Decides how examples are dealt to folds. */
  seed: number;
  /** C, where it is known already; otherwise the best of `strengths`. */
  strength?: number;
  strengths?: number[];
  linalg: Linalg;
}

export interface LinearResult {
  labels: string[];
  kind: 'softmax';
  dims: number;
  /** [C, D] and [C], for codes as they are: the standardisation is folded in. */
  weight: Float32Array;
  bias: Float32Array;
  strength: number;
  report: TrainingReport;
}

/** The strengths that are tried, C of scikit-learn. */
export const defaultStrengths = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
/** C where there is too little to choose by: middle of the range, where pretrained codes usually do well. */
export const defaultStrength = 1e-2;

/** How to run a training beside other work. */
export interface RunOptions {
  /** Called with 0..1, never falling. */
  onProgress?: (progress: number) => void;
  /** Called between solver iterations; a promise is awaited, so that others can have the thread. */
  pause?: () => void | Promise<void>;
  /** Looked at between solver iterations. */
  signal?: { readonly aborted: boolean };
}

/**
 * Trains to the end.
 *
 * @throws HeadwaterError `too-few-examples`, `bad-request`, or `cancelled` by the signal.
 * @example
 * const { weight, bias, report } = await trainLinear({
 *   codes, labels, labelNames: ['ant', 'bee'], split, kind: 'softmax', seed: 1, linalg: await loadLinalg(),
 * });
 */
export async function trainLinear(
  training: LinearTraining,
  { onProgress, pause, signal }: RunOptions = {},
): Promise<LinearResult> {
  const steps = trainLinearSteps(training);
  while (true) {
    if (signal?.aborted) throw new HeadwaterError('cancelled', 'The training was cancelled.');
    const step = steps.next();
    if (step.done) return step.value;
    onProgress?.(step.value);
    const waiting = pause?.();
    if (waiting) await waiting;
  }
}

/** Shares of the progress bar: cross-validation, the fit that is measured, the fit that is published. */
const searchShare = 0.8;
const measureShare = 0.1;

/** The same in steps: one solver iteration each, yielding progress 0..1, for whoever runs it in slices. */
export function* trainLinearSteps(training: LinearTraining): Generator<number, LinearResult> {
  const { labels, labelNames, linalg, kind, seed } = training;
  const counts = countLabels(training);
  const strengths = checkSettings(training);
  const { order, folds, trainEnd, neverJudged, movedToTraining } = arrangeRows(
    labels,
    labelNames.length,
    training.groups,
    training.split,
    seed,
  );
  const data = loadCodes(training, order, linalg);
  yield 0;

  let candidates: Candidate[] = [];
  if (folds.length)
    candidates = yield* within(0, searchShare, crossValidate(data, folds, trainEnd, strengths));
  const best = bestCandidate(candidates);
  const strength = training.strength ?? best?.strength ?? defaultStrength;

  const n = labels.length;
  const heldOut =
    trainEnd < n ? yield* within(searchShare, measureShare, measureHeldOut(data, trainEnd, strength)) : null;
  const { scaling, fit } = yield* within(
    searchShare + measureShare,
    1 - searchShare - measureShare,
    fitRows(data, n, strength),
  );
  const { weight, bias } = publishedWeights(data, scaling, fit.params);
  yield 1;

  const report: TrainingReport = {
    examples: n,
    labels: labelNames.map((label, j) => ({ label, count: counts[j]! })),
    dims: data.workspace.cols,
    fittedOn: 'all',
    strength,
    strengthFrom: training.strength !== undefined ? 'given' : best ? 'cross-validation' : 'default',
    strengths: candidates.map((candidate) => ({
      strength: candidate.strength,
      logLoss: candidate.metrics.logLoss,
      accuracy: candidate.metrics.accuracy,
    })),
    folds: folds.length,
    neverJudged,
    movedToTraining,
    iterations: fit.iterations,
    converged: fit.converged,
    gradientNorm: fit.gradientNorm,
    heldOut,
    heldOutReason: heldOut ? null : 'No example is held out. Add images; about one in five is kept back.',
    outOfFold: best?.metrics ?? null,
    outOfFoldReason: best
      ? null
      : 'Cross-validation needs two labels with two images (or groups of images) each.',
  };
  return { labels: [...labelNames], kind, dims: report.dims, weight, bias, strength, report };
}

function checkSettings(training: LinearTraining): number[] {
  const { labels, split, groups, strength, kind } = training;
  if (kind !== 'softmax') throw refuse(`There is no trainer for heads of kind "${kind}". Use "softmax".`);
  if (split.length !== labels.length || (groups && groups.length !== labels.length))
    throw refuse('Splits and groups need one entry for each example.');
  const strengths = strength === undefined ? (training.strengths ?? defaultStrengths) : [strength];
  if (!strengths.length || strengths.some((c) => !(c > 0 && Number.isFinite(c))))
    throw refuse('A strength is a number above 0, usually 0.00001 to 10.');
  return [...new Set(strengths)].sort((a, b) => a - b);
}

/** A model of rows 0 ≤ i < end. */
function* fitRows(data: TrainingData, end: number, strength: number) {
  const { workspace, truth } = data;
  const ranges = [{ from: 0, to: end }];
  const scaling = standardise(workspace.x, workspace.stride, workspace.cols, ranges);
  const steps = fitSoftmax({ workspace, truth, ranges, scaling, strength }, finalTolerance);
  let step = steps.next();
  for (; !step.done; step = steps.next()) yield shareOfFit(step.value);
  return { scaling, fit: step.value };
}

function* measureHeldOut(data: TrainingData, trainEnd: number, strength: number) {
  const { workspace, truth, labelNames } = data;
  const { fit, scaling } = yield* fitRows(data, trainEnd, strength);
  const judgements = judgeRows({ workspace, truth, scaling }, fit.params, [
    { from: trainEnd, to: truth.length },
  ]);
  return computeMetrics(judgements, truth.subarray(trainEnd), labelNames);
}

/** Maps a part's progress 0..1 into its share of the whole. */
function* within<T>(start: number, share: number, steps: Generator<number, T>): Generator<number, T> {
  let step = steps.next();
  for (; !step.done; step = steps.next()) yield start + share * step.value;
  return step.value;
}

const refuse = (why: string) => new HeadwaterError('bad-request', why);
