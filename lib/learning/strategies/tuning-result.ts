// What a training that moved layers says of itself. All of the report follows from request and data but `run`, which says
// how long it took and where.

import type { TrainRequest, TrainResult } from '../../contract/index.ts';
import { countLabels } from '../training-data.ts';
import type { Tuned, TuningSettings, TuningStrategy } from '../tuning/index.ts';
import type { TailVerdict } from './judge-tail.ts';
import type { MovingLayers } from './layers.ts';
import type { LinearStart } from './linear-start.ts';
import { paired } from './paired.ts';
import type { StrategyParts, Trained } from './parts.ts';
import type { PublishedTail } from './publish-tail.ts';
import { type SplitRows, unitsOf } from './split-rows.ts';

export interface TuningOutcome {
  strategy: TuningStrategy;
  layers: MovingLayers;
  linear: LinearStart;
  settings: TuningSettings;
  tuned: Tuned;
  verdict: TailVerdict;
  published: PublishedTail;
  /** Whether the published layers were fitted on the held-out examples too. */
  isRefitted: boolean;
  rows: SplitRows;
  /** In all, from the first look at the request. */
  seconds: number;
}

export function tuningResult(outcome: TuningOutcome, request: TrainRequest, parts: StrategyParts): Trained {
  const { strategy, linear, published, verdict } = outcome;
  const { head, tail, codeSpace, codeSpaceDocument } = published;
  const result: TrainResult = {
    ...head.facts,
    strategy,
    strength: linear.strength,
    confidence: verdict.calibration.method === 'none' ? 'uncalibrated' : 'calibrated',
    hyperParameters: hyperParameters(outcome, request),
    report: reportOf(outcome, request, parts),
    codeSpace,
    codeSpaceDocument,
    tail: tail.document,
  };
  return { blobs: [{ digest: head.facts.blob.digest, bytes: head.blob }, ...tail.blobs], result };
}

function hyperParameters(
  { layers, settings }: TuningOutcome,
  { kind }: TrainRequest,
): TrainResult['hyperParameters'] {
  const {
    augmentation,
    maxSteps,
    evaluateEvery: _e,
    checkpointSeconds: _c,
    gapExamples: _g,
    ...numbers
  } = settings;
  return {
    solver: 'adamw',
    loss: kind === 'svm' ? 'squared hinge' : 'cross-entropy',
    from: layers.fromName,
    augment: augmentation !== null,
    ...numbers,
    ...(maxSteps !== null && { maxSteps }),
  };
}

function reportOf(
  { strategy, layers, linear, tuned, verdict, published, isRefitted, rows, seconds }: TuningOutcome,
  { seed }: TrainRequest,
  { set, device }: StrategyParts,
): TrainResult['report'] {
  const { head, tail } = published;
  const counts = countLabels(set);
  const units = unitsOf(set);
  const heldOutUnits = rows.heldOut.map((i) => units[i]!);
  const { curves, gap, moved, steps, stoppedBy, bestStep, trainAccuracy } = tuned;
  return {
    examples: set.labels.length,
    labels: set.labelNames.map((label, j) => ({ label, count: counts[j]! })),
    dims: head.facts.dims,
    strength: linear.strength,
    strengthFrom: linear.strengthFrom,
    classWeights: 'none',
    fittedOn: isRefitted ? 'all' : 'train',
    movedToTraining: rows.movedToTraining,
    heldOut: verdict.metrics,
    heldOutReason: null,
    outOfFold: null,
    outOfFoldReason: `A training with strategy ${strategy} judges no folds: the held-out examples decided when to stop.`,
    calibration: verdict.calibrationReport,
    openSet: head.openSet,
    seed,
    tuning: { curves, gap, trainAccuracy, moved, steps, bestStep, stoppedBy, frozen: layers.frozen },
    linear: compareWithLinear(verdict.heldOut, linear.heldOut, heldOutUnits),
    published: { arithmetic: tail.document.arithmetic, comparison: verdict.arithmetics },
    run: { seconds, device: device.name },
  };
}

/** The linear head of the training split on the same held-out examples, and what moving layers brought. */
export function compareWithLinear(
  mine: { right: Uint8Array; losses: Float64Array },
  linear: { right: Uint8Array; losses: Float64Array },
  units: string[],
) {
  const mean = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  return {
    accuracy: mean(linear.right),
    logLoss: mean(linear.losses),
    accuracyDifference: paired(mine.right, linear.right, units),
    logLossDifference: paired(mine.losses, linear.losses, units),
  };
}
