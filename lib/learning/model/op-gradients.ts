// Gradients of the tfjs ops that a model is made of, in ops that every backend has. tfjs-core in Node comes without any
// (they are in the bundle of all of tfjs, with backends and layers that nobody wants here); these are the few that are
// needed, and tests hold each against finite differences. None may give `dy` itself back: tfjs disposes of gradients that
// it has added up.

import * as tf from '@tensorflow/tfjs-core';
import { registerFusedGradients } from './fused-layers.ts';

type Saved = tf.Tensor[];
/** Attributes of the kernels below, each of which has those that it reads. */
interface Attrs {
  transposeA: boolean;
  transposeB: boolean;
  axis: number;
  perm: number[];
  paddings: [number, number][];
  begin: number[];
  alpha: number;
}
type Gradient = Omit<tf.GradConfig, 'kernelName' | 'gradFunc'> & {
  gradient(dy: tf.Tensor, saved: Saved, attrs: Attrs): Record<string, () => tf.Tensor>;
};

/** Teaches tfjs to differentiate what `forward` uses, for all backends. Safe to call again. */
export function registerGradients(): void {
  registerFusedGradients();
  for (const [kernelName, { gradient, ...saves }] of Object.entries({
    ...arithmetic,
    ...moves,
    ...curves,
    ...windows,
  }))
    tf.registerGradient({ kernelName, ...saves, gradFunc: gradient as unknown as tf.GradConfig['gradFunc'] });
}

const both = { inputsToSave: ['a', 'b'] };
const ofInput = { inputsToSave: ['x'] };
const ofOutput = { outputsToSave: [true] };

const run = (kernel: string, inputs: tf.NamedTensorMap, attrs: object) =>
  tf.engine().runKernel(kernel, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;

const arithmetic: Record<string, Gradient> = {
  [tf.Add]: {
    ...both,
    gradient: (dy, [a, b]) => ({ a: () => summedTo(dy, a!.shape), b: () => summedTo(dy, b!.shape) }),
  },
  [tf.Multiply]: {
    ...both,
    gradient: (dy, [a, b]) => ({
      a: () => summedTo(tf.mul(dy, b!), a!.shape),
      b: () => summedTo(tf.mul(dy, a!), b!.shape),
    }),
  },
  [tf.Neg]: { gradient: (dy) => ({ x: () => tf.neg(dy) }) },
  [tf.BatchMatMul]: {
    ...both,
    gradient: (dy, [a, b], { transposeA, transposeB }) => {
      const product = (x: tf.Tensor, y: tf.Tensor, tx: boolean, ty: boolean) => tf.matMul(x, y, tx, ty);
      return {
        a: () => (transposeA ? product(b!, dy, transposeB, true) : product(dy, b!, false, !transposeB)),
        b: () => (transposeB ? product(dy, a!, true, transposeA) : product(a!, dy, !transposeA, false)),
      };
    },
  },
  [tf.Mean]: {
    ...ofInput,
    gradient: (dy, [x], { axis }) => {
      const axes = tf.util.parseAxisParam(axis, x!.shape);
      const shape = x!.shape.map((n, i) => (axes.includes(i) ? 1 : n));
      const share = tf.util.sizeFromShape(shape) / x!.size;
      return { x: () => tf.mul(tf.reshape(dy, shape), tf.fill(x!.shape, share)) };
    },
  },
};

const moves: Record<string, Gradient> = {
  [tf.Cast]: { gradient: (dy) => ({ x: () => tf.clone(dy) }) },
  [tf.Reshape]: { ...ofInput, gradient: (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }) },
  [tf.Transpose]: {
    gradient: (dy, _, { perm }) => {
      const back = perm.map((__, axis) => perm.indexOf(axis));
      return { x: () => tf.transpose(dy, back) };
    },
  },
  [tf.PadV2]: {
    ...ofInput,
    gradient: (dy, [x], { paddings }) => {
      const begin = paddings.map(([before]) => before);
      return { x: () => tf.slice(dy, begin, x!.shape) };
    },
  },
  [tf.Slice]: {
    ...ofInput,
    gradient: (dy, [x], { begin }) => {
      const paddings = begin.map((from, axis): [number, number] => [
        from,
        x!.shape[axis]! - from - dy.shape[axis]!,
      ]);
      return { x: () => tf.pad(dy, paddings) };
    },
  },
  [tf.SplitV]: {
    gradient: (dys, _, { axis }) => ({ x: () => tf.concat(dys as unknown as tf.Tensor[], axis) }),
  },
  [tf.Concat]: {
    saveAllInputs: true,
    gradient: (dy, inputs, { axis }) => {
      const at = tf.util.parseAxisParam(axis, dy.shape)[0]!;
      const sizes = inputs.map((input) => input.shape[at]!);
      const parts = inputs.length > 1 ? tf.split(dy, sizes, at) : [tf.clone(dy)];
      return Object.fromEntries(parts.map((part, i) => [i, () => part]));
    },
  },
};

const curves: Record<string, Gradient> = {
  [tf.Relu]: { ...ofOutput, gradient: (dy, [y]) => ({ x: () => tf.mul(dy, tf.step(y!)) }) },
  [tf.Relu6]: {
    ...ofOutput,
    gradient: (dy, [y]) => ({ x: () => tf.mul(dy, tf.step(tf.mul(y!, tf.sub(6, y!)))) }),
  },
  [tf.LeakyRelu]: {
    ...ofInput,
    gradient: (dy, [x], { alpha }) => ({ x: () => tf.mul(dy, tf.step(x!, alpha)) }),
  },
  [tf.Sigmoid]: {
    ...ofOutput,
    gradient: (dy, [y]) => ({ x: () => tf.mul(dy, tf.mul(y!, tf.sub(1, y!))) }),
  },
  [tf.Tanh]: {
    ...ofOutput,
    gradient: (dy, [y]) => ({ x: () => tf.mul(dy, tf.sub(1, tf.square(y!))) }),
  },
  [tf.Softmax]: {
    ...ofOutput,
    gradient: (dy, [y]) => ({
      logits: () => {
        const weighted = tf.mul(dy, y!);
        return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y!));
      },
    }),
  },
};

const windows: Record<string, Gradient> = {
  [tf.AvgPool]: {
    ...ofInput,
    gradient: (dy, [input], attrs) => ({ x: () => run(tf.AvgPoolGrad, { dy, input: input! }, attrs) }),
  },
  [tf.MaxPool]: {
    ...ofInput,
    ...ofOutput,
    gradient: (dy, [input, output], attrs) => ({
      x: () => run(tf.MaxPoolGrad, { dy, input: input!, output: output! }, attrs),
    }),
  },
  [tf.LRN]: {
    ...ofInput,
    ...ofOutput,
    gradient: (dy, [x, y], attrs) => ({ x: () => run(tf.LRNGrad, { x: x!, y: y!, dy }, attrs) }),
  },
};

/** The sum over the axes along which a value of this shape was repeated. */
function summedTo(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const lead = dy.rank - shape.length;
  const axes = dy.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || shape[axis - lead] !== dy.shape[axis]);
  return tf.reshape(axes.length ? tf.sum(dy, axes) : dy, shape);
}
