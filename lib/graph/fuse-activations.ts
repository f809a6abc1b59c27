// Moves an activation into the convolution, dense layer or sum before it, and a constant summand into the bias:
// one pass over memory less for every one. Quantised kernels stay as they are.

import { absorb } from './absorb.ts';
import type { Graph } from './graph.ts';
import { vector, weightOf, weightValues } from './weights.ts';

/**
 * Fuses bias and activation.
 *
 * @param keep names of outputs that must survive (taps): nothing is fused into those.
 */
export function fuseActivations(graph: Graph, keep: readonly string[] = []): Graph {
  return absorb(graph, keep, (earlier, later, weights) => {
    if (earlier.attrs.activation) return undefined;
    const layer = earlier.op === 'conv2d' || earlier.op === 'dense';
    if (later.op === 'activation') {
      if (!layer && earlier.op !== 'add') return undefined;
      const { activation, alpha } = later.attrs;
      const attrs = { ...earlier.attrs, activation, ...(alpha === undefined ? {} : { alpha }) };
      return { op: earlier.op, inputs: earlier.inputs, attrs, weights: earlier.weights };
    }
    if (later.op !== 'add' || !layer) return undefined;
    const kernel = weightOf({ ...graph, weights }, earlier.weights.kernel, earlier.name);
    const constant = weightValues(weightOf({ ...graph, weights }, later.weights.constant, later.name));
    const bias = earlier.weights.bias ? weightValues(weights.get(earlier.weights.bias)!) : undefined;
    const name = `${later.name}#bias`;
    const at = (c: number) => (constant.length === 1 ? constant[0]! : constant[c]!);
    weights.set(
      name,
      vector(Array.from({ length: kernel.shape.at(-1)! }, (_, c) => (bias?.[c] ?? 0) + at(c))),
    );
    const attrs = later.attrs.activation
      ? { ...earlier.attrs, activation: later.attrs.activation, alpha: later.attrs.alpha }
      : earlier.attrs;
    return { op: earlier.op, inputs: earlier.inputs, attrs, weights: { ...earlier.weights, bias: name } };
  });
}
