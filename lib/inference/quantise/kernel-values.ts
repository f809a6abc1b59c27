// The weights of a layer as numbers to quantise: [rows, outputs] in the graph's order, a row being one input channel
// under one tap of the kernel.

import { type Graph, type Op, type Weight, weightValues } from '../../graph/index.ts';
import { weightOf } from '../../graph/weights.ts';
import { fileLevels } from './limits.ts';

export interface KernelValues {
  /** [rows, outputs] */
  values: Float32Array;
  bias: Float64Array;
  outputs: number;
  /** Rows: taps of the kernel times input channels of a group. */
  rows: number;
  /** Input channels of a group; the innermost part of a row's index. */
  inputs: number;
  /** The file's own numbers less their zero point, where they are integers of nine bits. */
  own(): FileIntegers | undefined;
}

export interface FileIntegers {
  integers: Int16Array;
  /** One for each output. */
  scale: Float64Array;
}

/** Of a conv2d [kh, kw, inputs, outputs] or a dense layer [inputs, outputs]. */
export function kernelValues(graph: Graph, op: Op): KernelValues {
  const kernel = weightOf(graph, op.weights.kernel, op.name);
  const [inputs, outputs] = kernel.shape.slice(-2) as [number, number];
  const values = weightValues(kernel);
  const bias = op.weights.bias ? weightValues(weightOf(graph, op.weights.bias, op.name)) : [];
  return {
    values,
    bias: Float64Array.from({ length: outputs }, (_, o) => bias[o] ?? 0),
    outputs,
    rows: values.length / outputs,
    inputs,
    own: () => fileIntegers(kernel),
  };
}

function fileIntegers(weight: Weight): FileIntegers | undefined {
  if (weight.kind !== 'quantised' || !weight.zeroPoint.every(Number.isInteger)) return undefined;
  const { data, scale, zeroPoint } = weight;
  const outputs = weight.shape.at(-1)!;
  const perChannel = scale.length > 1;
  const integers = new Int16Array(data.length);
  for (let i = 0; i < data.length; )
    for (let o = 0; o < outputs; o++) {
      const q = data[i]! - zeroPoint[perChannel ? o : 0]!;
      if (Math.abs(q) > fileLevels) return undefined;
      integers[i++] = q;
    }
  return { integers, scale: Float64Array.from({ length: outputs }, (_, o) => scale[perChannel ? o : 0]!) };
}

/** Σ |w| of each output. */
export function magnitudes(values: ArrayLike<number>, outputs: number): Float64Array {
  const sums = new Float64Array(outputs);
  for (let i = 0; i < values.length; ) for (let o = 0; o < outputs; o++) sums[o]! += Math.abs(values[i++]!);
  return sums;
}

/** Largest |w| of each output. */
export function extremes(values: ArrayLike<number>, outputs: number): Float64Array {
  const most = new Float64Array(outputs);
  for (let i = 0; i < values.length; )
    for (let o = 0; o < outputs; o++) most[o] = Math.max(most[o]!, Math.abs(values[i++]!));
  return most;
}
