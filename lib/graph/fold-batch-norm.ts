// Folds what scales and shifts channels (batch-norm, a constant factor, a constant summand) into the kernel and
// bias of the convolution or dense layer before it. A stored graph keeps its batch-norm, whose statistics are
// wanted elsewhere; folding happens when a plan is compiled.

import { absorb } from './absorb.ts';
import type { Graph, Op, Weight } from './graph.ts';
import { vector, weightOf, weightValues } from './weights.ts';

/**
 * y = γ (x − μ) / √(σ² + ε) + β over x = W ∗ z + b is itself a convolution, with W′ = W · s and
 * b′ = b · s + t per output channel, where s = γ / √(σ² + ε) and t = β − μ s. Computed in double, rounded once;
 * a quantised kernel becomes float32.
 *
 * @param keep names of outputs that must survive (taps): nothing is folded into those.
 */
export function foldBatchNorm(graph: Graph, keep: readonly string[] = []): Graph {
  return absorb(graph, keep, (earlier, later, weights) => {
    if ((earlier.op !== 'conv2d' && earlier.op !== 'dense') || earlier.attrs.activation) return undefined;
    const kernel = weightOf({ ...graph, weights }, earlier.weights.kernel, earlier.name);
    const channels = kernel.shape.at(-1)!;
    const affine = channelAffine({ ...graph, weights }, later, channels);
    if (!affine) return undefined;
    const bias = earlier.weights.bias ? weightValues(weights.get(earlier.weights.bias)!) : undefined;
    const roles = { kernel: `${later.name}#kernel`, bias: `${later.name}#bias` };
    weights.set(roles.kernel, scaleKernel(kernel, affine.scale));
    weights.set(roles.bias, vector(affine.scale.map((s, c) => (bias?.[c] ?? 0) * s + affine.shift[c]!)));
    const attrs = later.attrs.activation
      ? { ...earlier.attrs, activation: later.attrs.activation, alpha: later.attrs.alpha }
      : earlier.attrs;
    return { op: earlier.op, inputs: earlier.inputs, attrs, weights: roles };
  });
}

/** `op` as scale · x + shift per channel, or undefined if it is anything else. */
export function channelAffine(
  graph: Graph,
  op: Op,
  channels: number,
): { scale: Float64Array; shift: Float64Array } | undefined {
  const scale = new Float64Array(channels).fill(1);
  const shift = new Float64Array(channels);
  const role = (name: string | undefined) =>
    name === undefined ? undefined : weightValues(weightOf(graph, name, op.name));
  if (op.op === 'batchNorm') {
    const [gamma, beta] = [role(op.weights.gamma), role(op.weights.beta)];
    const [mean, variance] = [role(op.weights.mean)!, role(op.weights.variance)!];
    for (let c = 0; c < channels; c++) {
      scale[c] = (gamma?.[c] ?? 1) / Math.sqrt(variance[c]! + (op.attrs.epsilon ?? 0));
      shift[c] = (beta?.[c] ?? 0) - mean[c]! * scale[c]!;
    }
    return { scale, shift };
  }
  if ((op.op === 'mul' || op.op === 'add') && op.inputs.length === 1) {
    const constant = role(op.weights.constant)!;
    if (constant.length !== 1 && constant.length !== channels) return undefined;
    const target = op.op === 'mul' ? scale : shift;
    for (let c = 0; c < channels; c++) target[c] = constant.length === 1 ? constant[0]! : constant[c]!;
    return { scale, shift };
  }
  return undefined;
}

function scaleKernel(kernel: Weight, scale: Float64Array): Weight {
  if (kernel.kind === 'float32' && scale.every((s) => s === 1)) return kernel;
  const values = weightValues(kernel);
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = values[i]! * scale[i % scale.length]!;
  return { kind: 'float32', shape: kernel.shape, data };
}
