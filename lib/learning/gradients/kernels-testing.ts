// One kernel of tfjs on one backend, numbers in and numbers out, so that tests compare ours with the plain TypeScript
// of tfjs-backend-cpu.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../../linalg/index.ts';
import { startWasmBackend } from './wasm-backend-node.ts';

export interface Numbers {
  shape: number[];
  values: Float32Array;
}

/** Numbers between −1 and 1, on which sums of a few thousand stay exact to about 1e-4. */
export function numbers(seed: number, ...shape: number[]): Numbers {
  const rng = createRng(seed);
  const values = new Float32Array(shape.reduce((product, n) => product * n, 1)).map(
    () => 2 * rng.uniform() - 1,
  );
  return { shape, values };
}

/** Runs a kernel on fresh tensors and gives its output's numbers. */
export async function runKernel(
  backend: 'wasm' | 'cpu',
  kernel: string,
  inputs: Record<string, Numbers>,
  attrs: object,
): Promise<Numbers> {
  if (backend === 'wasm') await startWasmBackend();
  else await tf.setBackend('cpu');
  const named: tf.NamedTensorMap = {};
  for (const [name, { shape, values }] of Object.entries(inputs))
    named[name] = tf.tensor(values.slice(), shape, 'float32');
  const out = tf.engine().runKernel(kernel, named, attrs as never) as tf.Tensor;
  const result = { shape: out.shape, values: out.dataSync().slice() as Float32Array };
  tf.dispose([out, named]);
  return result;
}

/** Largest difference, divided by the largest magnitude of `expected`; Infinity where shapes differ. */
export function relativeError(found: Numbers, expected: Numbers): number {
  if (found.shape.join() !== expected.shape.join()) return Infinity;
  let difference = 0;
  let magnitude = 1e-3;
  for (const [i, value] of expected.values.entries()) {
    difference = Math.max(difference, Math.abs(value - found.values[i]!));
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  return difference / magnitude;
}
