// Calibration of a tuned head: on held-out examples, since fine-tuning judges no folds. What is fitted on them looks
// better on them than it is, so the figures are nested: folds of the held-out examples, each calibrated by the others.

import type { HeadKind } from '../../heads/index.ts';
import { type Calibrated, calibrate, nestedProbabilities } from '../calibrate.ts';
import { makeFolds } from '../folds.ts';
import { runSteps } from '../run-steps.ts';
import type { Scored } from '../scored.ts';
import { figuresOf, type HeldOut } from './held-out.ts';
import type { StrategyRun } from './parts.ts';

export interface CalibratedHeldOut extends Calibrated {
  /** Of each example, by calibration on the other folds. */
  heldOut: HeldOut;
}

/** @param units of the held-out examples: those of one are not split, unless it alone has all of a label */
export async function calibrateHeldOut(
  scored: Scored,
  units: string[],
  kind: HeadKind,
  labelNames: string[],
  seed: number,
  { signal, pause }: StrategyRun,
): Promise<CalibratedHeldOut> {
  const { count, fold: dealt } = makeFolds(scored.truth, units, seed);
  // Of a label that lives in one unit every fold needs some: a sigmoid that has seen none of it would never name it.
  const folds = Math.max(2, count);
  const judged = { ...scored, fold: dealt.map((f, i) => (f < 0 ? i % folds : f)) };
  const run = { ...(signal && { signal }), ...(pause && { pause }) };
  const calibrated = await runSteps(calibrate(judged, kind, labelNames, 'held-out'), run);
  const method = calibrated.calibration.method === 'none' ? 'none' : 'fitted';
  const probabilities = await runSteps(nestedProbabilities(judged, kind, method), run);
  return { ...calibrated, heldOut: figuresOf(probabilities, scored) };
}
