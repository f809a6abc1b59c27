// Reading weights. A quantised weight keeps its file's integers; whoever needs numbers asks here.

import type { Graph, Weight } from './graph.ts';
import { invalid } from './problems.ts';

/** Number of values of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * A weight as float32, in its own shape: scale × (q − zeroPoint), computed in double and rounded once.
 * Per-channel scales belong to the last axis. A float32 weight is returned as it is, not copied.
 */
export function weightValues(weight: Weight): Float32Array {
  if (weight.kind === 'float32') return weight.data;
  const { data, scale, zeroPoint } = weight;
  const values = new Float32Array(data.length);
  if (scale.length === 1) {
    const s = scale[0]!;
    const z = zeroPoint[0]!;
    for (let i = 0; i < data.length; i++) values[i] = s * (data[i]! - z);
    return values;
  }
  const channels = scale.length;
  for (let i = 0; i < data.length; i++)
    values[i] = scale[i % channels]! * (data[i]! - zeroPoint[i % channels]!);
  return values;
}

/** The weight called `name`. Throws `invalid-file` if the graph has none. */
export function weightOf(graph: Graph, name: string | undefined, opName: string): Weight {
  const weight = name === undefined ? undefined : graph.weights.get(name);
  if (!weight) throw invalid(`Layer "${opName}" names the weight "${name}", which is not in the file.`);
  return weight;
}

/** Bytes that a weight takes as stored, scales and zero points included. */
export function weightBytes(weight: Weight): number {
  if (weight.kind === 'float32') return weight.data.byteLength;
  return weight.data.byteLength + weight.scale.byteLength + weight.zeroPoint.byteLength;
}

/** A float32 weight of one axis. */
export const vector = (values: ArrayLike<number>): Weight => ({
  kind: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});
