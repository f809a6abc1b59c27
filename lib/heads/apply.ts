// A head applied to one code. Sums run in float64 in one fixed order and exp is our own, so the same code gives the
// same bits in Node, in workerd and anywhere else.

import { HeadwaterError } from '../errors/index.ts';
import { probabilitiesOf } from './calibration.ts';
import type { Head } from './head.ts';

export interface Scores {
  /** [C], before calibration. */
  logits: Float32Array;
  /** [C], summing to 1 up to rounding. */
  probabilities: Float64Array;
}

export interface Prediction {
  label: string;
  probability: number;
}

/**
 * Logits and probabilities of one code [D].
 *
 * @throws HeadwaterError `head-refused` for a code of another length, or one that holds a number that isn't finite.
 */
export function applyHead(head: Head, code: Float32Array): Scores {
  const logits = computeLogits(head, code);
  return { logits, probabilities: probabilitiesOf(logits, head.calibration) };
}

/**
 * The labels by falling probability; equal ones by label, in code point order.
 *
 * @param topK how many; all if left out.
 * @example predict(head, code, 1)[0].label
 */
export function predict(head: Head, code: Float32Array, topK = head.labels.length): Prediction[] {
  const { probabilities } = applyHead(head, code);
  return head.labels
    .map((label, j) => ({ label, probability: probabilities[j]! }))
    .sort((a, b) => b.probability - a.probability || (a.label < b.label ? -1 : 1))
    .slice(0, topK);
}

/** weight·code + bias, [C]. Errors as {@link applyHead}. */
export function computeLogits({ weight, bias, dims }: Head, code: Float32Array): Float32Array {
  if (code.length !== dims)
    throw new HeadwaterError(
      'head-refused',
      `The head wants codes of ${dims} numbers and got one of ${code.length}. It belongs to another code space.`,
    );
  const logits = new Float32Array(bias.length);
  for (let j = 0; j < logits.length; j++) {
    let sum = 0;
    const at = j * dims;
    for (let k = 0; k < dims; k++) sum += weight[at + k]! * code[k]!;
    logits[j] = sum + bias[j]!;
  }
  if (!logits.every(Number.isFinite))
    throw new HeadwaterError('head-refused', 'The code, or its product with the head, is not finite.');
  return logits;
}
