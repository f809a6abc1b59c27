// A network small enough for a GPU that a processor plays: two convolutions, one by channel, with batch-norm and residual.

import type { Graph, Op, Weight } from '../../../graph/index.ts';
import { createRng } from '../../../linalg/index.ts';
import { initialParameters, type ModelSpec, modelSpec } from '../../model/index.ts';

const side = 6;
const channels = 4;

/** The model, where it starts, and batches of n made-up examples. */
export function tinySpec(batchNorm: ModelSpec['batchNorm'] = 'frozen') {
  const rng = createRng(1);
  const uniform = (length: number, from: number, to: number) =>
    Float32Array.from({ length }, () => from + (to - from) * rng.uniform());
  const weights = new Map<string, Weight>();
  const weight = (name: string, shape: number[], from = -0.5, to = 0.5) => {
    const length = shape.reduce((a, b) => a * b, 1);
    weights.set(name, { kind: 'float32', shape, data: uniform(length, from, to) });
    return name;
  };
  const norm = (name: string, input: string): Op => ({
    name,
    op: 'batchNorm',
    inputs: [input],
    attrs: { epsilon: 1e-3 },
    weights: {
      gamma: weight(`${name}/gamma`, [channels], 0.8, 1.2),
      beta: weight(`${name}/beta`, [channels]),
      mean: weight(`${name}/mean`, [channels]),
      variance: weight(`${name}/variance`, [channels], 0.5, 2),
    },
  });
  const relu = (name: string, input: string): Op => ({
    name,
    op: 'activation',
    inputs: [input],
    attrs: { activation: 'relu6' },
    weights: {},
  });
  const ops: Op[] = [
    {
      name: 'conv',
      op: 'conv2d',
      inputs: ['in'],
      attrs: { stride: [1, 1], padding: 'same' },
      weights: { kernel: weight('conv/kernel', [3, 3, 3, channels]) },
    },
    norm('conv_bn', 'conv'),
    relu('conv_relu', 'conv_bn'),
    {
      name: 'dw',
      op: 'conv2d',
      inputs: ['conv_relu'],
      attrs: { stride: [1, 1], padding: 'same', groups: channels },
      weights: { kernel: weight('dw/kernel', [3, 3, 1, channels]) },
    },
    norm('dw_bn', 'dw'),
    { name: 'sum', op: 'add', inputs: ['dw_bn', 'conv_relu'], attrs: {}, weights: {} },
    relu('out', 'sum'),
  ];
  const graph: Graph = { input: { name: 'in', channels: 3 }, ops, weights, taps: {} };
  const spec = modelSpec(graph, {
    inputShape: [side, side, 3],
    output: { op: 'out', pooling: 'avg', pre: false },
    classes: 3,
    loss: 'softmax',
    batchNorm,
  });
  const head = { weight: uniform(3 * channels, -0.5, 0.5), bias: uniform(3, -0.5, 0.5) };
  const batch = (n: number) => ({
    inputs: uniform(n * side * side * 3, -1, 1),
    labels: Int32Array.from({ length: n }, (_, i) => i % 3),
  });
  return { spec, ...initialParameters(spec, { head }), batch };
}
