// Weights to train from nothing with: He initialisation (He, Zhang, Ren and Sun, 2015, section 2.2), so that pictures and
// gradients keep their scale through any number of layers.

import { consumersOf, type Graph, type Op } from '../../graph/index.ts';
import { log, type Rng } from '../../linalg/index.ts';
import type { ModelSpec, ParameterSlot } from './model-spec.ts';

/**
 * Writes fresh weights into `parameters`; the head's stay zero. Kernels are normal with variance g / fan-in, where fan-in
 * is kh · kw · cin / groups. g is 2 for a layer that a relu or one of its kin follows, which lets half of the variance
 * through, and 1 for any other: a linear layer (MobileNetV2's projections) would double the variance with 2, and a
 * residual sum would carry that on. Biases are 0, gamma 1, beta 0; a constant per channel is what does nothing (0 in a
 * sum, 1 in a product), a single number belongs to the design and stays.
 */
export function freshWeights(spec: ModelSpec, rng: Rng, parameters: Float32Array): void {
  const normal = normals(rng);
  const ops = new Map(spec.graph.ops.map((op) => [op.name, op]));
  for (const slot of spec.slots) {
    if (slot.depth === 0) continue;
    const values = parameters.subarray(slot.offset, slot.offset + slot.length);
    const op = ops.get(slot.op)!;
    if (slot.role === 'kernel') {
      const deviation = Math.sqrt(gain(spec.graph, op) / fanIn(slot));
      for (let i = 0; i < values.length; i++) values[i] = deviation * normal();
    } else if (slot.role === 'constant') {
      if (slot.length > 1) values.fill(op.op === 'mul' ? 1 : 0);
      else values.set(spec.graph.weights.get(slot.name)!.data);
    } else values.fill(slot.role === 'gamma' ? 1 : 0);
  }
}

/** Inputs of one output: all axes of a kernel but its last. */
const fanIn = ({ shape }: ParameterSlot) => shape.slice(0, -1).reduce((a, b) => a * b, 1);

/** 1 ÷ the share of a zero-mean variance that what follows the layer lets through. */
function gain(graph: Graph, layer: Op): number {
  const consumers = consumersOf(graph);
  let op: Op | undefined = layer;
  while (op && !op.attrs.activation) {
    const readers: Op[] = consumers.get(op.name) ?? [];
    const next = readers.length === 1 ? readers[0] : undefined;
    op = next?.op === 'batchNorm' || next?.op === 'activation' ? next : undefined;
  }
  const { activation, alpha = 0.01 } = op?.attrs ?? {};
  if (activation === 'leakyRelu') return 2 / (1 + alpha * alpha);
  return activation && ['relu', 'relu6', 'swish', 'hardSwish'].includes(activation) ? 2 : 1;
}

/** Standard normal numbers by the polar method (Marsaglia and Bray, 1964), which needs no sine. */
function normals(rng: Rng): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const [u, v] = [2 * rng.uniform() - 1, 2 * rng.uniform() - 1];
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * log(s)) / s);
      spare = v * factor;
      return u * factor;
    }
  };
}
