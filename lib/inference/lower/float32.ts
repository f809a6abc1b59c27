// The arithmetic of float32: every value is float32, weights are the graph's own numbers.

import { type Graph, type Op, weightValues } from '../../graph/index.ts';
import { weightOf } from '../../graph/weights.ts';
import { type Arithmetic, float32Format } from './context.ts';
import { blockOf } from './layout.ts';
import { bytesOf, packDepthwise, padVector } from './pack-weights.ts';

export function float32(graph: Graph): Arithmetic {
  const formats = { made: float32Format, operand: float32Format };
  const layerWeights = (op: Op) => {
    const kernel = weightOf(graph, op.weights.kernel, op.name);
    const outputs = kernel.shape.at(-1)!;
    const bias = op.weights.bias
      ? weightValues(weightOf(graph, op.weights.bias, op.name))
      : new Float32Array(outputs);
    return { kernel: weightValues(kernel), bias };
  };
  return {
    kind: 'float32',
    formats: () => formats,
    layerWeights,
    depthwiseWeights(op) {
      const { kernel, bias } = layerWeights(op);
      const channels = bias.length;
      const weights = packDepthwise(kernel, kernel.length / channels, channels, blockOf.f32);
      return { weights: bytesOf(weights), bias: bytesOf(padVector(bias, 0, channels)) };
    },
    integer: () => false,
  };
}
