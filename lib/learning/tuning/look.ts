// A look at the held-out examples: a point of the curves, and the weights to go back to if it was the best so far.

import { diverged } from './diverged.ts';
import { logitsOf } from './evaluate.ts';
import type { TuningInputs } from './inputs.ts';
import { calibratedLoss, judgeLogits } from './losses.ts';
import { scheduleFactor } from './schedule.ts';
import type { TuningState } from './state.ts';
import type { StepParts } from './training-step.ts';

/**
 * Adds a point to the curves and keeps the weights if none had a lower held-out loss.
 *
 * @throws HeadwaterError `training-diverged`; what `check` throws, the state as it was
 */
export async function look(
  parts: StepParts,
  state: TuningState,
  inputs: TuningInputs,
  check: () => void,
): Promise<void> {
  const { spec, engine, settings, course } = parts;
  const { step, running, weights } = state;
  const n = inputs.heldOutLabels.length;
  const examples = { n, shape: inputs.shape, classes: spec.classes, input: (i: number) => inputs.heldOut(i) };
  const logits = await logitsOf(engine, weights, examples, check);
  const loss = n > 0 ? await calibratedLoss(logits, inputs.heldOutLabels, spec.classes, spec.loss) : null;
  const judged = n > 0 ? judgeLogits(logits, inputs.heldOutLabels, spec.classes, spec.loss) : null;
  if (judged && !Number.isFinite(judged.loss)) throw diverged(step, settings);
  state.curves.push({
    epoch: step / course.stepsPerEpoch,
    step,
    trainLoss: running.seen ? running.loss / running.seen : null,
    trainAccuracy: running.seen ? running.right / running.seen : null,
    heldOutLoss: loss,
    heldOutAccuracy: judged?.accuracy ?? null,
    learningRate:
      step === 0 ? 0 : settings.learningRate * scheduleFactor(step - 1, course.totalSteps, settings.warmUp),
  });
  state.running = { loss: 0, right: 0, seen: 0 };
  if (loss !== null && loss < (state.best?.loss ?? Infinity))
    state.best = {
      step,
      loss,
      weights: { parameters: weights.parameters.slice(), statistics: weights.statistics.slice() },
      logits,
    };
}
