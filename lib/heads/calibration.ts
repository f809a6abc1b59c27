// Logits → probabilities. A temperature divides the logits of a softmax; Platt's sigmoids turn the one-vs-rest
// scores of an SVM into probabilities that are then normalised. How they are fitted is lib/learning's affair.

import { HeadwaterError } from '../errors/index.ts';
import { exp } from '../linalg/index.ts';

/** `none`: softmax of the logits as they are, for want of examples to calibrate on. */
export type Calibration =
  | { method: 'none' }
  | { method: 'temperature'; temperature: number }
  /** p[j] ∝ 1 ÷ (1 + exp(slope[j]·z[j] + intercept[j])), both [C] (Platt 1999). */
  | { method: 'platt'; slope: Float64Array; intercept: Float64Array };

/** Probabilities of logits [C], summing to 1 up to rounding. */
export function probabilitiesOf(logits: ArrayLike<number>, calibration: Calibration): Float64Array {
  if (calibration.method !== 'platt')
    return softmax(logits, calibration.method === 'temperature' ? calibration.temperature : 1);
  const { slope, intercept } = calibration;
  const each = new Float64Array(logits.length);
  for (let j = 0; j < each.length; j++) each[j] = sigmoid(-(slope[j]! * logits[j]! + intercept[j]!));
  return normalise(each);
}

/** exp(z ÷ T), normalised, [C]; shifted by the largest, so that nothing overflows. */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const scaled = new Float64Array(logits.length);
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < scaled.length; j++) top = Math.max(top, (scaled[j] = logits[j]! / temperature));
  for (let j = 0; j < scaled.length; j++) scaled[j] = exp(scaled[j]! - top);
  return normalise(scaled);
}

function normalise(values: Float64Array): Float64Array {
  let total = 0;
  for (let j = 0; j < values.length; j++) total += values[j]!;
  for (let j = 0; j < values.length; j++) values[j] = values[j]! / total;
  return values;
}

/** Bounded away from 0, so that a sum of them never is 0. */
function sigmoid(z: number): number {
  const e = exp(-Math.abs(z));
  return Math.max(Number.MIN_VALUE * 2 ** 60, z >= 0 ? 1 / (1 + e) : e / (1 + e));
}

/** @throws HeadwaterError `invalid-file` unless the numbers are usable for `classes` classes. */
export function checkCalibration(calibration: Calibration, classes: number): void {
  const refuse = (why: string) => new HeadwaterError('invalid-file', `Not a usable head: ${why}.`);
  if (calibration.method === 'temperature') {
    if (!(calibration.temperature > 0 && Number.isFinite(calibration.temperature)))
      throw refuse('its temperature is not above 0');
  } else if (calibration.method === 'platt') {
    const { slope, intercept } = calibration;
    if (slope.length !== classes || intercept.length !== classes)
      throw refuse('its calibration has not two numbers for each label');
    if (![...slope, ...intercept].every(Number.isFinite))
      throw refuse('a number of its calibration is not finite');
  } else if (calibration.method !== 'none') throw refuse('its calibration is of an unknown method');
}
