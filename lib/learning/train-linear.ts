// Trains a linear head on codes: multinomial logistic regression as scikit-learn's StandardScaler and
// LogisticRegression (L2, intercept not penalised), or one-vs-rest SVMs as its LinearSVC.
//
// The policy: cross-validation over the training split gives the strength, the out-of-fold metrics and the
// calibration; a model of the training split alone gives the held-out metrics; the head that is published is fitted
// on all examples. The last two start from zero, so they depend on data, seed and strength only, not on how that was
// found. A warm start keeps strength and calibration, judges no folds, and begins those two fits at the weights of
// the head before.

import type { Calibration, HeadKind } from '../heads/index.ts';
import { relay } from '../linalg/index.ts';
import { type Arrangement, arrangeRows } from './arrange.ts';
import { calibrate, minPredictions, probabilitiesOfRows } from './calibrate.ts';
import { bestCandidate, type Candidate, crossValidate, shareOfFit } from './cross-validate.ts';
import { type Fit, finalTolerance } from './fit.ts';
import { type FitSettings, prepareRows } from './linear-fit.ts';
import { computeMetrics, judgeProbabilities } from './metrics.ts';
import type { OutOfFold } from './out-of-fold.ts';
import { paramsOfHead, publishedWeights } from './published-weights.ts';
import type { CalibrationReport, Metrics, TrainingReport } from './report.ts';
import { type RunOptions, runSteps, within } from './run-steps.ts';
import { scoreRows } from './score-rows.ts';
import { countRows, type Standardisation } from './standardise.ts';
import { countLabels, loadCodes, type TrainingData } from './training-data.ts';
import {
  checkSettings,
  defaultStrength,
  type LinearStart,
  type LinearTraining,
  strengthsToJudge,
} from './training-settings.ts';

export interface LinearResult {
  labels: string[];
  kind: HeadKind;
  dims: number;
  /** [C, D] and [C], for codes as they are: the standardisation is folded in. */
  weight: Float32Array;
  bias: Float32Array;
  calibration: Calibration;
  confidence: 'calibrated' | 'uncalibrated';
  strength: number;
  /** Of the published fit. */
  solver: string;
  report: TrainingReport;
  /** Logits at `strength` of examples that the models had not seen; null where no fold could be judged. */
  outOfFold: OutOfFold | null;
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
export function trainLinear(training: LinearTraining, run: RunOptions = {}): Promise<LinearResult> {
  return runSteps(trainLinearSteps(training), run);
}

/** Shares of the progress bar: cross-validation, the fit that is measured, the fit that is published. */
const searchShare = 0.8;
const measureShare = 0.1;

/** The same in steps: one solver iteration each, yielding progress 0..1, for whoever runs it in slices. */
export function* trainLinearSteps(training: LinearTraining): Generator<number, LinearResult> {
  const { labels, labelNames, linalg, kind, start, classWeights = 'none' } = training;
  const counts = countLabels(training);
  yield 0;
  checkSettings(training);
  const settings: FitSettings = { kind, classWeights };
  const rows = arrangeRows(labels, labelNames.length, training.groups, training.split, training.seed);
  yield 0;
  const data = yield* loadCodes(training, rows.order, linalg);

  const strengths = strengthsToJudge(training, countRows(rows.folds));
  const judged = yield* within(0, searchShare, judgeFolds(data, rows, strengths, settings));
  const strength = start?.strength ?? training.strength ?? judged.best?.strength ?? defaultStrength;
  const {
    calibration,
    report: calibrationReport,
    metrics: outOfFold,
  } = yield* within(searchShare, 0, calibrated(judged.best, training));

  const heldOut = yield* within(
    searchShare,
    measureShare,
    measureHeldOut(data, rows.trainEnd, strength, settings, calibration, start),
  );
  const { scaling, fit, solver } = yield* within(
    searchShare + measureShare,
    1 - searchShare - measureShare,
    fitRows(data, labels.length, strength, settings, start),
  );
  const weights = publishedWeights(data, scaling, fit.params, kind);
  yield 1;

  const report: TrainingReport = {
    examples: labels.length,
    labels: labelNames.map((label, j) => ({ label, count: counts[j]! })),
    dims: data.workspace.cols,
    fittedOn: 'all',
    strength,
    strengthFrom: strengthFrom(training, countRows(rows.folds)),
    classWeights,
    strengths: judged.candidates.map(({ strength, logLoss, accuracy }) => ({ strength, logLoss, accuracy })),
    folds: start ? 0 : rows.folds.length,
    neverJudged: start ? 0 : rows.neverJudged,
    movedToTraining: rows.movedToTraining,
    iterations: fit.iterations,
    converged: fit.converged,
    gradientNorm: fit.gradientNorm,
    heldOut,
    heldOutReason: heldOut ? null : 'No example is held out. Add images; about one in five is kept back.',
    outOfFold,
    outOfFoldReason: outOfFold ? null : start ? reasons.kept : reasons.noFolds,
    calibration: calibrationReport,
  };
  return {
    labels: [...labelNames],
    kind,
    dims: report.dims,
    ...weights,
    calibration,
    confidence: calibration.method === 'none' ? 'uncalibrated' : 'calibrated',
    strength,
    solver,
    report,
    outOfFold: judged.best?.outOfFold ?? null,
  };
}

const reasons = {
  noFolds: 'Cross-validation needs two labels with two images (or groups of images) each.',
  kept: 'A warm start judges no folds: strength and calibration are those of the version that it began from.',
};

function strengthFrom(
  { start, strength }: LinearTraining,
  predictions: number,
): TrainingReport['strengthFrom'] {
  if (start) return 'kept';
  if (strength !== undefined) return 'given';
  return predictions < minPredictions ? 'default' : 'cross-validation';
}

function* judgeFolds(data: TrainingData, rows: Arrangement, strengths: number[], settings: FitSettings) {
  const candidates =
    rows.folds.length && strengths.length ? yield* crossValidate(data, rows, strengths, settings) : [];
  return { candidates, best: bestCandidate(candidates, settings.kind) };
}

/** From out-of-fold predictions; kept from the start of a warm start; or none. */
function* calibrated(
  best: Candidate | undefined,
  { kind, labelNames, start }: LinearTraining,
): Generator<number, { calibration: Calibration; report: CalibrationReport; metrics: Metrics | null }> {
  if (best) return yield* calibrate(best.outOfFold, kind, labelNames);
  const calibration: Calibration = start?.head.calibration ?? { method: 'none' };
  const report: CalibrationReport = {
    method: calibration.method,
    from: calibration.method === 'none' ? 'none' : 'kept',
    n: 0,
    eceBefore: null,
    ece: null,
    logLossBefore: null,
    logLossAfter: null,
    reason: start ? reasons.kept : reasons.noFolds,
  };
  return { calibration, report, metrics: null };
}

/** A model of rows 0 ≤ i < end. */
function* fitRows(
  data: TrainingData,
  end: number,
  strength: number,
  settings: FitSettings,
  start?: LinearStart,
): Generator<number, { scaling: Standardisation; fit: Fit; solver: string }> {
  const prepared = prepareRows(data, [{ from: 0, to: end }], settings);
  yield 0;
  const { scaling, solver } = prepared;
  const steps = prepared.fit(strength, finalTolerance, start && paramsOfHead(data, scaling, start.head));
  return { scaling, solver, fit: yield* relay(steps, shareOfFit) };
}

/**
 * Held-out rows, judged by a model of the others with the head's calibration; null where there are none.
 *
 * In a warm start that model begins at weights that have seen the held-out examples. What of them can stay in it is
 * bounded: the objectives curve at least like ½‖w‖², so a fit ends within ‖gradient‖ ≤ relative·‖w‖ of the one
 * solution of its own rows, wherever it began. A thousandth of the weights moves no metric by more than its last
 * digits.
 */
function* measureHeldOut(
  data: TrainingData,
  trainEnd: number,
  strength: number,
  settings: FitSettings,
  calibration: Calibration,
  start?: LinearStart,
): Generator<number, Metrics | null> {
  const { workspace, labelNames } = data;
  if (trainEnd === data.truth.length) return null;
  const { fit, scaling } = yield* fitRows(data, trainEnd, strength, settings, start);
  const truth = data.truth.subarray(trainEnd);
  const range = { from: trainEnd, to: data.truth.length };
  const logits = scoreRows(workspace, scaling, fit.params, [range], settings.kind);
  const scored = { logits, classes: labelNames.length, truth };
  const probabilities = probabilitiesOfRows(scored, () => calibration);
  return computeMetrics(judgeProbabilities(probabilities, scored), truth, labelNames);
}
