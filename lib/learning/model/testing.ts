// What the tests of this folder share: a model on a random graph, and its loss in plain loops.

import type { Graph } from '../../graph/index.ts';
import type { Random } from '../../inference/fixtures.ts';
import { referenceCodes } from '../../inference/reference.ts';
import {
  createModel,
  graphWith,
  headOf,
  initialParameters,
  type ModelOptions,
  type ModelSpec,
  modelSpec,
} from './index.ts';

export interface Options extends Partial<Pick<ModelOptions, 'loss' | 'batchNorm' | 'classes'>> {
  size: number;
  /** Examples. */
  count?: number;
}

/** A model of the whole graph, code averaged, with random head, inputs and labels. */
export function modelled(graph: Graph, random: Random, { size, count = 3, ...options }: Options) {
  const inputShape: [number, number, number] = [size, size, graph.input.channels];
  const spec = modelSpec(graph, {
    inputShape,
    output: { op: graph.ops.at(-1)!.name, pooling: 'avg' },
    classes: 3,
    loss: 'softmax',
    batchNorm: 'frozen',
    ...options,
  });
  const head = {
    weight: random.array(spec.classes * spec.dims, 1),
    bias: random.array(spec.classes, 1),
  };
  return {
    spec,
    model: createModel(spec),
    ...initialParameters(spec, { head }),
    inputs: random.array(count * size * size * graph.input.channels, 1),
    labels: Int32Array.from({ length: count }, (_, i) => i % spec.classes),
  };
}

/** Logits [n, classes] in plain loops, in double. */
export function measuredLogits(
  spec: ModelSpec,
  parameters: Float32Array,
  inputs: Float32Array,
  statistics: Float32Array = new Float32Array(spec.statisticsCount),
): number[][] {
  const graph = graphWith(spec, parameters, statistics);
  const { weight, bias } = headOf(spec, parameters);
  const [size] = spec.inputShape;
  const length = spec.inputShape.reduce((a, b) => a * b, 1);
  return Array.from({ length: inputs.length / length }, (_, i) => {
    const [code] = referenceCodes(graph, size, [spec.output], inputs.subarray(i * length, (i + 1) * length));
    return Array.from(bias, (b, c) => code!.reduce((sum, x, k) => sum + x * weight[c * spec.dims + k]!, b));
  });
}

/** The summed loss by its definition. */
export function measuredLoss(
  spec: ModelSpec,
  parameters: Float32Array,
  inputs: Float32Array,
  labels: Int32Array,
): number {
  const rows = measuredLogits(spec, parameters, inputs);
  if (spec.loss === 'softmax')
    return rows.reduce((sum, z, i) => {
      const most = Math.max(...z);
      return sum + most + Math.log(z.reduce((s, v) => s + Math.exp(v - most), 0)) - z[labels[i]!]!;
    }, 0);
  const share = spec.classes === 2 ? 0.5 : 1;
  return rows.reduce(
    (sum, z, i) =>
      sum + share * z.reduce((s, v, c) => s + Math.max(0, 1 - (c === labels[i] ? v : -v)) ** 2, 0),
    0,
  );
}

/** Small enough that hardly a relu or a maximum changes its mind in between, where the loss is in double. */
const smallStep = 1e-6;

/** For every slot, what the gradient says of a small random step and what the loss does, which may be a promise. */
export function differences<T extends number | Promise<number>>(
  spec: ModelSpec,
  parameters: Float32Array,
  gradients: Float32Array,
  random: Random,
  lossAt: (parameters: Float32Array) => T,
  step = smallStep,
) {
  return spec.slots.map(({ name, offset, length }) => {
    const direction = random.array(length, step);
    const moved = (sign: number) => {
      const values = parameters.slice();
      for (let i = 0; i < length; i++) values[offset + i]! += sign * direction[i]!;
      return values;
    };
    const [plus, minus] = [moved(1), moved(-1)];
    // The step as it has become in float32.
    let [along, squares, norm] = [0, 0, 0];
    for (let i = offset; i < offset + length; i++) {
      const by = plus[i]! - minus[i]!;
      along += by * gradients[i]!;
      squares += by * by;
      norm += gradients[i]! ** 2;
    }
    const distance = Math.sqrt(squares);
    return {
      name,
      told: along / distance,
      losses: [lossAt(plus), lossAt(minus)] as [T, T],
      distance,
      scale: Math.sqrt(norm) + 1e-3,
    };
  });
}
