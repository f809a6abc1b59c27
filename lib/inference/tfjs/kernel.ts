// One tfjs kernel call, and the constants that a plan keeps. Kernels are called by name, not through tfjs's
// ops: an op may pick another kernel, checks its arguments on every call, and pulls its gradient into the edge
// bundle. Every tensor here is [1, h, w, c]; a vector is [1, 1, 1, n].

import type { KernelConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { engine } from '@tensorflow/tfjs-core';

export type Shape4 = [1, number, number, number];

/** A compiled op: its input tensors to its output tensor. Frees what it makes in between. */
export type Closure = (inputs: Tensor[]) => Tensor;

/** The kernels that closures call. A bundle that registers kernels one by one registers these. */
export type KernelName =
  | 'Add'
  | 'AvgPool'
  | 'Concat'
  | 'FusedConv2D'
  | 'FusedDepthwiseConv2D'
  | 'LRN'
  | 'LeakyRelu'
  | 'MaxPool'
  | 'Multiply'
  | 'PadV2'
  | 'Relu'
  | 'Relu6'
  | 'Reshape'
  | 'Sigmoid'
  | 'Slice'
  | 'Softmax'
  | 'Tanh'
  | 'Transpose';
export type KernelTable = Record<KernelName, KernelConfig>;

/** Runs one kernel on the current backend. */
export function kernel(name: KernelName, inputs: Record<string, Tensor>, attrs: NamedAttrMap = {}): Tensor {
  return engine().runKernel(name, inputs, attrs) as Tensor;
}

/** A tensor view of another shape; the data are shared, not copied. */
export function reshape(x: Tensor, shape: number[]): Tensor {
  return kernel('Reshape', { x }, { shape });
}

/** Chains closures of one input, freeing each intermediate tensor as soon as the next stands. */
export function chain(first: Closure, ...rest: Closure[]): Closure {
  if (rest.length === 0) return first;
  return (inputs) =>
    rest.reduce((x, next) => {
      const y = next([x]);
      if (y !== x) x.dispose();
      return y;
    }, first(inputs));
}

/** Any logical shape as [1, h, w, c]: missing leading dimensions are 1. */
export function shape4(shape: readonly number[]): Shape4 {
  const [h, w, c] = [...[1, 1, 1].slice(shape.length), ...shape];
  return [1, h!, w!, c!];
}

/** The weights of one plan, in the engine's memory until `dispose`. */
export class Constants {
  readonly #tensors: Tensor[] = [];
  bytes = 0;

  /** Copies `values` into the engine's memory. */
  add(values: Float32Array, shape: number[]): Tensor {
    const tensor = engine().keep(engine().makeTensor(values, shape, 'float32') as Tensor);
    this.#tensors.push(tensor);
    this.bytes += values.byteLength;
    return tensor;
  }

  dispose(): void {
    for (const tensor of this.#tensors.splice(0)) tensor.dispose();
  }
}
