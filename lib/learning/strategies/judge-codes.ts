// How good a linear head on some codes would be: cross-validation over the training split, with the strength chosen as a
// linear training chooses it. The same examples, groups and seed give the same folds, so that two kinds of codes are
// compared example by example.

import type { TrainRequest } from '../../contract/index.ts';
import type { Linalg } from '../../linalg/index.ts';
import { arrangeRows } from '../arrange.ts';
import { nestedProbabilities } from '../calibrate.ts';
import { judgeProbabilities, lossesOf } from '../metrics.ts';
import { runSteps } from '../run-steps.ts';
import { trainLinear } from '../train-linear.ts';
import type { StrategyRun } from './parts.ts';

/** Training examples without their codes. */
export interface Labelled {
  labels: Int32Array;
  labelNames: string[];
  /** Examples of one group never stand on both sides of a fold. */
  groups: string[];
}

export interface Judged {
  /** −ln of the probability of the true label, of each example that a fold judged, calibrated by the other folds. */
  losses: Float64Array;
  /** 1 where the label was told right. */
  right: Uint8Array;
  /** Group of each. */
  units: string[];
  logLoss: number;
  accuracy: number;
  strength: number;
}

/** @returns null where no fold can be judged: fewer than two labels have images of two groups */
export async function judgeCodes(
  { codes, dims }: { codes: Float32Array; dims: number },
  { labels, labelNames, groups }: Labelled,
  { kind, seed, options }: Pick<TrainRequest, 'kind' | 'seed' | 'options'>,
  linalg: Linalg,
  run: StrategyRun,
): Promise<Judged | null> {
  const split = groups.map(() => 'train' as const);
  const { classWeights, strength } = options;
  const { outOfFold, strength: chosen } = await trainLinear(
    {
      codes: codes.subarray(0, labels.length * dims),
      labels,
      labelNames,
      groups,
      split,
      kind,
      classWeights,
      seed,
      linalg,
      ...(strength !== null && { strength }),
    },
    run,
  );
  if (!outOfFold) return null;
  const probabilities = await runSteps(nestedProbabilities(outOfFold, kind), { pause: run.pause });
  const judgements = judgeProbabilities(probabilities, outOfFold);
  const losses = lossesOf(judgements);
  const right = Uint8Array.from(judgements.predicted, (label, i) => +(label === outOfFold.truth[i]));
  const { order, folds } = arrangeRows(labels, labelNames.length, groups, split, seed);
  const units = Array.from(losses, (_, i) => groups[order[folds[0]!.from + i]!]!);
  return { losses, right, units, logLoss: mean(losses), accuracy: mean(right), strength: chosen };
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};
