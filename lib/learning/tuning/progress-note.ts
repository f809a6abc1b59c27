// Where a training stands, in a line for a person.

import type { Course } from './batches.ts';
import type { TuningState } from './state.ts';

/** For example "epoch 3 of 10: loss 0.21, held-out 91.2 %". */
export function progressNote(
  { step, running, curves }: TuningState,
  { stepsPerEpoch, totalSteps }: Course,
): string {
  const epoch = Math.max(1, Math.ceil(step / stepsPerEpoch));
  const epochs = Math.ceil(totalSteps / stepsPerEpoch);
  const last = curves.at(-1);
  const loss = running.seen ? running.loss / running.seen : last?.trainLoss;
  const facts = [
    loss === null || loss === undefined ? null : `loss ${loss.toPrecision(2)}`,
    typeof last?.heldOutAccuracy === 'number'
      ? `held-out ${(100 * last.heldOutAccuracy).toFixed(1)} %`
      : null,
  ].filter((fact) => fact !== null);
  return [`epoch ${epoch} of ${epochs}`, facts.join(', ')].filter((part) => part).join(': ');
}
