// Convolutions and dense layers on tfjs's fused kernels (XNNPACK underneath): bias and activation are computed
// inside the kernel where it knows the activation. A dense layer is a 1×1 convolution of a [1, 1, 1, n] tensor.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { OpAttrs } from '../../graph/index.ts';
import { activation, fusedName, leakyReluSlope } from './activation.ts';
import { type Closure, type Constants, chain, kernel, type Shape4 } from './kernel.ts';

export interface Pads {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

export interface ConvWeights {
  /** [kh, kw, cin / groups, cout] */
  shape: [number, number, number, number];
  kernel: Float32Array;
  /** [cout] */
  bias?: Float32Array | undefined;
}

/** tfjs's form of explicit padding, NHWC. */
export function explicitPads(pads: Pads): [number, number][] {
  return [
    [0, 0],
    [pads.top, pads.bottom],
    [pads.left, pads.right],
    [0, 0],
  ];
}

/**
 * A convolution of [1, h, w, cin], with `attrs`' stride, dilation, groups and fused activation.
 * Depthwise (groups = cin) has a kernel of its own; other groups are sliced, convolved and concatenated.
 */
export function conv(
  attrs: OpAttrs,
  pads: Pads,
  input: Shape4,
  weights: ConvWeights,
  constants: Constants,
): Closure {
  const groups = attrs.groups ?? 1;
  const fused = fusedName(attrs.activation);
  const run = {
    strides: attrs.stride ?? [1, 1],
    dilations: attrs.dilation ?? [1, 1],
    pad: explicitPads(pads),
    dataFormat: 'NHWC',
    activation: fused ?? 'linear',
    leakyreluAlpha: attrs.alpha ?? leakyReluSlope,
  };
  const linear =
    groups === 1
      ? full(weights, run, constants)
      : groups === input[3]
        ? depthwise(weights, groups, run, constants)
        : grouped(weights, groups, input, run, constants);
  return fused === undefined ? chain(linear, activation(attrs, constants)) : linear;
}

type KernelAttrs = Parameters<typeof kernel>[2];

function full(weights: ConvWeights, attrs: KernelAttrs, constants: Constants): Closure {
  const fixed = operands(weights, weights.shape, constants);
  return ([x]) => kernel('FusedConv2D', { x: x!, ...fixed }, attrs);
}

function depthwise(weights: ConvWeights, cin: number, attrs: KernelAttrs, constants: Constants): Closure {
  const [kh, kw, , cout] = weights.shape;
  // Output channels of a group are neighbours in both layouts, so [kh, kw, 1, cout] is [kh, kw, cin, cout/cin].
  const fixed = operands(weights, [kh, kw, cin, cout / cin], constants);
  return ([x]) => kernel('FusedDepthwiseConv2D', { x: x!, ...fixed }, attrs);
}

function grouped(
  weights: ConvWeights,
  groups: number,
  [, h, w, cin]: Shape4,
  attrs: KernelAttrs,
  constants: Constants,
): Closure {
  const from = cin / groups;
  const to = weights.shape[3] / groups;
  const parts = Array.from({ length: groups }, (_, g) =>
    full(sliceOutputs(weights, g * to, to), attrs, constants),
  );
  return ([x]) => {
    const outputs = parts.map((part, g) => {
      const slice = kernel('Slice', { x: x! }, { begin: [0, 0, 0, g * from], size: [1, h, w, from] });
      const y = part([slice]);
      slice.dispose();
      return y;
    });
    const joined = kernel('Concat', outputs as unknown as Record<string, Tensor>, { axis: 3 });
    for (const output of outputs) output.dispose();
    return joined;
  };
}

/** The weights of output channels `start` … `start + count`. */
function sliceOutputs(weights: ConvWeights, start: number, count: number): ConvWeights {
  const [kh, kw, cin, cout] = weights.shape;
  const part = new Float32Array(kh * kw * cin * count);
  for (let row = 0; row < kh * kw * cin; row++)
    part.set(weights.kernel.subarray(row * cout + start, row * cout + start + count), row * count);
  return { shape: [kh, kw, cin, count], kernel: part, bias: weights.bias?.subarray(start, start + count) };
}

function operands(weights: ConvWeights, shape: number[], constants: Constants): Record<string, Tensor> {
  const filter = constants.add(weights.kernel, shape);
  // XNNPACK takes no bias as zeros, so none is stored.
  return weights.bias ? { filter, bias: constants.add(weights.bias, [weights.bias.length]) } : { filter };
}
