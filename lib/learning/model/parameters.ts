// Between a graph's weights and the flat array that is trained: the numbers that training begins with, and the graph and
// head that it ends with.

import type { Graph, Op, Weight } from '../../graph/index.ts';
import type { Rng } from '../../linalg/index.ts';
import { freshWeights } from './fresh-weights.ts';
import type { ModelSpec } from './model-spec.ts';
import { headSlots } from './model-spec-of.ts';

export interface Start {
  /** weight [classes, dims], bias [classes]; zeros if left out. */
  head?: { weight: Float32Array; bias: Float32Array };
  /** Weights as `freshWeights` draws them, instead of the graph's own. */
  fresh?: Rng;
}

/** Parameters [parameterCount] and statistics [statisticsCount] to begin with: the graph's own, or fresh ones. */
export function initialParameters(
  spec: ModelSpec,
  { head, fresh }: Start = {},
): { parameters: Float32Array; statistics: Float32Array } {
  const parameters = new Float32Array(spec.parameterCount);
  const { weight, bias } = headSlots(spec);
  if (fresh) freshWeights(spec, fresh, parameters);
  else
    for (const { name, offset, depth } of spec.slots)
      if (depth) parameters.set(values(spec.graph, name), offset);
  if (head) {
    parameters.set(head.weight, weight.offset);
    parameters.set(head.bias, bias.offset);
  }
  const statistics = new Float32Array(spec.statisticsCount);
  for (const { op, offset, channels } of spec.statisticsSlots) {
    const { mean, variance } = normNamed(spec.graph, op).weights;
    if (fresh) statistics.fill(1, offset + channels, offset + 2 * channels);
    else {
      statistics.set(values(spec.graph, mean!), offset);
      statistics.set(values(spec.graph, variance!), offset + channels);
    }
  }
  return { parameters, statistics };
}

/** The graph with trained weights and statistics in it, ready for `optimise`. Arrays are copied. */
export function graphWith(spec: ModelSpec, parameters: Float32Array, statistics: Float32Array): Graph {
  const weights = new Map(spec.graph.weights);
  const put = (name: string, from: Float32Array, offset: number, shape: number[]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    weights.set(name, { kind: 'float32', shape, data: from.slice(offset, offset + length) } satisfies Weight);
  };
  for (const { name, offset, shape, depth } of spec.slots) if (depth) put(name, parameters, offset, shape);
  for (const { op, offset, channels } of spec.statisticsSlots) {
    const { mean, variance } = normNamed(spec.graph, op).weights;
    put(mean!, statistics, offset, [channels]);
    put(variance!, statistics, offset + channels, [channels]);
  }
  return { ...spec.graph, weights };
}

/** The head: weight [classes, dims], bias [classes]. Copies. */
export function headOf(
  spec: ModelSpec,
  parameters: Float32Array,
): { weight: Float32Array; bias: Float32Array } {
  const { weight, bias } = headSlots(spec);
  const at = ({ offset, length }: { offset: number; length: number }) =>
    parameters.slice(offset, offset + length);
  return { weight: at(weight), bias: at(bias) };
}

/** Every weight of a spec's graph is float32. */
const values = (graph: Graph, name: string) => graph.weights.get(name)!.data as Float32Array;

const normNamed = (graph: Graph, name: string): Op => graph.ops.find((op) => op.name === name)!;
