// A convolution with its bias and its relu in one kernel, forwards and backwards. tfjs has the kernels on every backend,
// but does not use them while it differentiates; here their gradient is registered. What a relu let
// through is told from its output, so that the sums before it need not be kept.

import * as tf from '@tensorflow/tfjs-core';

/** Activations that the kernel applies itself. */
export type FusedActivation = 'linear' | 'relu' | 'relu6';

export interface ConvRun {
  strides: [number, number];
  pad: 'same' | 'valid';
  activation: FusedActivation;
}

/** A kernel that some backend may have: dy where a relu let its input through, else 0. Inputs `dy` and `y` (the relu's
 *  output), attribute `activation`: `relu` or `relu6`. Without it three or five of tfjs's own do the same. */
export const activationGradient = 'ActivationGradient';

/**
 * A convolution [n, h, w, cin] → [n, oh, ow, cout].
 *
 * @param filter [kh, kw, cin, cout], or [kh, kw, cin, multiplier] where it is depthwise
 * @param bias [cout]
 */
export function fusedConv(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  depthwise: boolean,
  { strides, pad, activation }: ConvRun,
): tf.Tensor4D {
  const attrs = { strides, pad, dataFormat: 'NHWC', dilations: [1, 1], activation };
  const inputs: tf.NamedTensorMap = bias ? { x, filter, bias } : { x, filter };
  return tf
    .engine()
    .runKernel(depthwise ? tf.FusedDepthwiseConv2D : tf.FusedConv2D, inputs, attrs) as tf.Tensor4D;
}

/** Teaches tfjs the gradients of its fused convolutions. Safe to call again. */
export function registerFusedGradients(): void {
  for (const kernelName of [tf.FusedConv2D, tf.FusedDepthwiseConv2D])
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x', 'filter'],
      outputsToSave: [true],
      gradFunc: (dy, saved, attrs) =>
        convGradients(
          dy as tf.Tensor4D,
          saved as tf.Tensor4D[],
          attrs as unknown as ConvRun,
          kernelName === tf.FusedDepthwiseConv2D,
        ),
    });
}

function convGradients(
  dy: tf.Tensor4D,
  saved: tf.Tensor4D[],
  { strides, pad, activation }: ConvRun,
  depthwise: boolean,
) {
  const [x, filter, y] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const passed = throughActivation(dy, y, activation);
  const run = (kernel: string, inputs: tf.NamedTensorMap, shape: object) =>
    tf.engine().runKernel(kernel, inputs, {
      strides,
      pad,
      dilations: [1, 1],
      dataFormat: 'NHWC',
      ...shape,
    }) as tf.Tensor4D;
  return {
    x: () =>
      run(
        depthwise ? tf.DepthwiseConv2dNativeBackpropInput : tf.Conv2DBackpropInput,
        { dy: passed, filter },
        { inputShape: x.shape },
      ),
    filter: () =>
      run(
        depthwise ? tf.DepthwiseConv2dNativeBackpropFilter : tf.Conv2DBackpropFilter,
        { x, dy: passed },
        { filterShape: filter.shape },
      ),
    bias: () => tf.sum(passed, [0, 1, 2]),
  };
}

function throughActivation(dy: tf.Tensor4D, y: tf.Tensor4D, activation: FusedActivation): tf.Tensor4D {
  if (activation === 'linear') return dy;
  if (tf.getKernel(activationGradient, tf.getBackend()))
    return tf.engine().runKernel(activationGradient, { dy, y }, { activation }) as tf.Tensor4D;
  return tf.tidy(() => tf.mul(dy, tf.step(activation === 'relu' ? y : tf.mul(y, tf.sub(6, y)))));
}
