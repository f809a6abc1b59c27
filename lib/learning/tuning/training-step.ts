// One step: gradients of a batch, clipped, and AdamW's move at the rate of each layer.

import type { GradientEngine } from '../gradients/gradient-engine.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { adamW } from './adamw.ts';
import type { Batch, Course } from './batches.ts';
import { clipFactor } from './clip.ts';
import { diverged } from './diverged.ts';
import { moveStatistics } from './running-statistics.ts';
import { scheduleFactor } from './schedule.ts';
import type { TuningSettings } from './settings.ts';
import type { TuningState } from './state.ts';

export interface StepParts {
  spec: ModelSpec;
  engine: GradientEngine;
  settings: TuningSettings;
  course: Course;
  /** Of each slot, at the top of the schedule. */
  rates: number[];
}

/** Moves the state by one step, in place. @throws HeadwaterError `training-diverged`, the weights as they were */
export async function trainingStep(
  { spec, engine, settings, course, rates }: StepParts,
  state: TuningState,
  { inputs, labels }: Batch,
): Promise<void> {
  const { weights, moments, running } = state;
  const result = await engine.step(inputs, labels, weights.parameters, weights.statistics);
  const gradientFactor = clipFactor(result.gradients, settings.clipNorm);
  if (!Number.isFinite(result.loss) || Number.isNaN(gradientFactor)) throw diverged(state.step, settings);
  const factor = scheduleFactor(state.step, course.totalSteps, settings.warmUp);
  adamW(spec.slots, weights.parameters, result.gradients, moments, {
    step: state.step + 1,
    rates: rates.map((rate) => rate * factor),
    gradientFactor,
    weightDecay: settings.weightDecay,
  });
  moveStatistics(weights.statistics, result.statistics, state.step, settings.statisticsMomentum);
  state.step++;
  running.loss += result.loss * labels.length;
  running.right += result.right;
  running.seen += labels.length;
}
