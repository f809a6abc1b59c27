// A linear head of the training split alone: what fine-tuning begins with instead of noise, and what the held-out examples
// say of linear training, to compare anything else with.

import type { TrainRequest } from '../../contract/index.ts';
import type { Linalg } from '../../linalg/index.ts';
import type { LabelledCodes } from '../train-head.ts';
import { type LinearResult, trainLinear } from '../train-linear.ts';
import { type HeldOut, judge, type LinearWeights, pick, score } from './held-out.ts';
import type { StrategyRun } from './parts.ts';
import { type SplitRows, unitsOf } from './split-rows.ts';

export interface LinearStart extends LinearWeights {
  strength: number;
  strengthFrom: LinearResult['report']['strengthFrom'];
  heldOut: HeldOut;
}

/** Trains on the rows of `train`, with the strength that their cross-validation chooses. */
export async function linearStart(
  { kind, seed, options }: Pick<TrainRequest, 'kind' | 'seed' | 'options'>,
  set: LabelledCodes,
  { train, heldOut }: Pick<SplitRows, 'train' | 'heldOut'>,
  linalg: Linalg,
  run: StrategyRun = {},
): Promise<LinearStart> {
  const units = unitsOf(set);
  const { strength: given, classWeights } = options;
  const { weight, bias, calibration, strength, report } = await trainLinear(
    {
      ...pick(set, train),
      labelNames: set.labelNames,
      groups: train.map((i) => units[i]!),
      split: train.map(() => 'train' as const),
      kind,
      classWeights,
      seed,
      linalg,
      ...(given !== null && { strength: given }),
    },
    run,
  );
  const judged = score({ weight, bias }, pick(set, heldOut));
  return {
    weight,
    bias,
    strength,
    strengthFrom: report.strengthFrom,
    heldOut: judge(judged, calibration),
  };
}
