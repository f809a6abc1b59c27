// A look at examples that nothing is learned from in that moment: held-out ones, or training ones without augmentation.

import type { GradientEngine } from '../gradients/gradient-engine.ts';
import { ahead } from './ahead.ts';
import { gather } from './batches.ts';

/** Examples whose inputs lie in memory at a time. */
const lookSize = 32;

/** Weights, and the running statistics that belong to them. */
export interface Weights {
  parameters: Float32Array;
  statistics: Float32Array;
}

/**
 * Logits [n, classes] of the inputs 0 ≤ i < n.
 *
 * @param check called before each piece; what it throws ends the look
 */
export async function logitsOf(
  engine: GradientEngine,
  { parameters, statistics }: Weights,
  examples: { n: number; shape: readonly number[]; classes: number; input(i: number): Promise<Float32Array> },
  check: () => void,
): Promise<Float32Array> {
  const { n, shape, classes, input } = examples;
  const out = new Float32Array(n * classes);
  const none = new Int32Array(n);
  let at = 0;
  const pieces = ahead(0, Math.ceil(n / lookSize), (piece) => {
    const from = piece * lookSize;
    const chosen = Array.from({ length: Math.min(lookSize, n - from) }, (_, k) => from + k);
    return gather(shape, chosen, none, input);
  });
  for await (const { inputs } of pieces) {
    check();
    const logits = await engine.logits(inputs, parameters, statistics);
    out.set(logits, at);
    at += logits.length;
  }
  return out;
}
