// Depthwise convolution and its two gradients. A channel multiplier m is a depthwise convolution without one on the
// image with every channel repeated m times: the filter [kh, kw, cin, m] already lies in memory as [kh, kw, cin·m].

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { finishOf } from './finish.ts';
import type { NamedKernels, Originals } from './register.ts';
import {
  type ConvolutionAttributes,
  type ConvolutionSizes,
  type Shape4,
  sizesOf,
} from './register-convolution.ts';
import type { TrainingKernels } from './training-kernels.ts';

/** DepthwiseConv2dNative, FusedDepthwiseConv2D, DepthwiseConv2dNativeBackpropFilter and …BackpropInput. */
export function depthwiseKernels(kernels: TrainingKernels, original: Originals): NamedKernels {
  return {
    FusedDepthwiseConv2D(call) {
      const { x, filter } = call.inputs as { x: TensorInfo; filter: TensorInfo };
      const finish = finishOf(kernels, call, filter.shape[2]! * filter.shape[3]!);
      if (!finish) return original('FusedDepthwiseConv2D')(call);
      const settings = call.attrs as unknown as ConvolutionAttributes;
      const sizes = depthwiseSizes(x.shape as Shape4, filter.shape as Shape4, settings);
      const out = forward(kernels, sizes, x, filter);
      finish(out);
      return out;
    },
    DepthwiseConv2dNative({ inputs, attrs }) {
      const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
      const settings = attrs as unknown as ConvolutionAttributes;
      return forward(kernels, depthwiseSizes(x.shape as Shape4, filter.shape as Shape4, settings), x, filter);
    },
    DepthwiseConv2dNativeBackpropFilter({ inputs, attrs }) {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      const settings = attrs as unknown as ConvolutionAttributes;
      const sizes = depthwiseSizes(x.shape as Shape4, settings.filterShape as Shape4, settings);
      return filterGradient(kernels, sizes, x, dy, settings.filterShape as Shape4);
    },
    DepthwiseConv2dNativeBackpropInput({ inputs, attrs }) {
      const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
      const settings = attrs as unknown as ConvolutionAttributes;
      const sizes = depthwiseSizes(settings.inputShape as Shape4, filter.shape as Shape4, settings);
      return inputGradient(kernels, sizes, dy, filter);
    },
  };
}

interface DepthwiseSizes extends ConvolutionSizes {
  multiplier: number;
}

function depthwiseSizes(
  inShape: Shape4,
  filterShape: Shape4,
  settings: ConvolutionAttributes,
): DepthwiseSizes {
  return { ...sizesOf(inShape, filterShape, settings, true), multiplier: filterShape[3] };
}

function forward(
  kernels: TrainingKernels,
  sizes: DepthwiseSizes,
  x: TensorInfo,
  filter: TensorInfo,
): TensorInfo {
  const { run, addressOf } = kernels;
  const out = kernels.output(sizes.outShape);
  withRepeated(kernels, sizes, x, (wide) => {
    const scratch = kernels.scratch(tapsBytes(sizes));
    run.depthwise(
      ...imageOf(sizes, addressOf(wide)),
      addressOf(filter),
      ...sizes.geometry,
      addressOf(out),
      scratch,
    );
  });
  return out;
}

function filterGradient(
  kernels: TrainingKernels,
  sizes: DepthwiseSizes,
  x: TensorInfo,
  dy: TensorInfo,
  shape: Shape4,
): TensorInfo {
  const { run, addressOf } = kernels;
  const out = kernels.output(shape);
  withRepeated(kernels, sizes, x, (wide) =>
    run.depthwiseFilter(...imageOf(sizes, addressOf(wide)), addressOf(out), ...sizes.geometry, addressOf(dy)),
  );
  return out;
}

function inputGradient(
  kernels: TrainingKernels,
  sizes: DepthwiseSizes,
  dy: TensorInfo,
  filter: TensorInfo,
): TensorInfo {
  const { run, addressOf, backend } = kernels;
  const { multiplier, inShape } = sizes;
  const [n, height, width, channels] = inShape;
  const wide = kernels.output([n, height, width, channels * multiplier]);
  const scratch = kernels.scratch(tapsBytes(sizes));
  run.depthwiseInput(
    ...imageOf(sizes, addressOf(wide)),
    addressOf(filter),
    ...sizes.geometry,
    addressOf(dy),
    scratch,
  );
  if (multiplier === 1) return wide;
  const out = kernels.output(inShape);
  run.sumNeighbours(addressOf(wide), multiplier, addressOf(out), n * height * width * channels);
  backend.disposeData(wide.dataId);
  return out;
}

/** Hands `body` the image with every channel repeated as often as the multiplier says. */
function withRepeated(
  kernels: TrainingKernels,
  { multiplier, inShape }: DepthwiseSizes,
  x: TensorInfo,
  body: (wide: TensorInfo) => void,
): void {
  if (multiplier === 1) {
    body(x);
    return;
  }
  const [n, height, width, channels] = inShape;
  const wide = kernels.output([n, height, width, channels * multiplier]);
  kernels.run.repeat(
    kernels.addressOf(x),
    multiplier,
    kernels.addressOf(wide),
    n * height * width * channels,
  );
  body(wide);
  kernels.backend.disposeData(wide.dataId);
}

/** Scratch for the list of taps: two addresses for each position of the filter. */
function tapsBytes({ geometry: [kh, kw] }: DepthwiseSizes): number {
  return kh * kw * 8;
}

function imageOf(
  { inShape: [n, height, width], outShape }: DepthwiseSizes,
  at: number,
): [number, number, number, number, number] {
  return [at, n, height, width, outShape[3]];
}
