// Convolution and its two gradients as matrix products. With U the windows of all output pixels as rows
// [pixels, kh·kw·cin] and F the filter [kh·kw·cin, cout]: out = U·F, dF = Uᵀ·dOut, dX = fold(dOut·Fᵀ). A 1 × 1 filter with
// stride 1 has U = X; others are unfolded a block of pixels at a time.

import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { HeadwaterError } from '../../errors/index.ts';
import { finishOf } from './finish.ts';
import type { KernelCall, NamedKernels, Originals } from './register.ts';
import type { Geometry, Matrix, TrainingKernels } from './training-kernels.ts';

/** Attributes of tfjs's convolution kernels, those of them that are read here. */
export interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: 'same' | 'valid' | number | backend_util.ExplicitPadding;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  filterShape?: Shape4;
  inputShape?: Shape4;
}

export type Shape4 = [number, number, number, number];

/** Unfolded rows at a time: about this many bytes, but never fewer than `leastRows`, for the panels of the product. */
const unfoldBytes = 4 << 20;
const leastRows = 160;

/** Conv2D, FusedConv2D, Conv2DBackpropFilter and Conv2DBackpropInput. */
export function convolutionKernels(kernels: TrainingKernels, original: Originals): NamedKernels {
  const convolve = ({ inputs, attrs }: Pick<KernelCall, 'inputs' | 'attrs'>): TensorInfo => {
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const sizes = sizesOf(
      x.shape as Shape4,
      filter.shape as Shape4,
      attrs as unknown as ConvolutionAttributes,
    );
    const out = kernels.output(sizes.outShape);
    forward(kernels, sizes, x, filter, out);
    return out;
  };
  return {
    FusedConv2D(call) {
      const { filter } = call.inputs as { filter: TensorInfo };
      const finish = finishOf(kernels, call, filter.shape[3]!);
      if (!finish) return original('FusedConv2D')(call);
      const out = convolve(call);
      finish(out);
      return out;
    },
    Conv2D: convolve,
    Conv2DBackpropFilter({ inputs, attrs }) {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      const settings = attrs as unknown as ConvolutionAttributes;
      const sizes = sizesOf(x.shape as Shape4, settings.filterShape as Shape4, settings);
      const out = kernels.output(settings.filterShape as Shape4);
      filterGradient(kernels, sizes, x, dy, out);
      return out;
    },
    Conv2DBackpropInput({ inputs, attrs }) {
      const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
      const settings = attrs as unknown as ConvolutionAttributes;
      const sizes = sizesOf(settings.inputShape as Shape4, filter.shape as Shape4, settings);
      const out = kernels.output(settings.inputShape as Shape4);
      inputGradient(kernels, sizes, dy, filter, out);
      return out;
    },
  };
}

/** A convolution's sizes as the kernels want them. */
export interface ConvolutionSizes {
  inShape: Shape4;
  outShape: Shape4;
  /** Output pixels of the whole batch. */
  pixels: number;
  /** kh·kw·cin: numbers in a window. */
  window: number;
  geometry: Geometry;
  /** Whether a window is its pixel: 1 × 1, stride 1, no padding. */
  pointwise: boolean;
}

/** @throws HeadwaterError `unsupported-graph` for channels first, which nothing here makes. */
export function sizesOf(
  inShape: Shape4,
  filterShape: Shape4,
  { strides, pad, dataFormat, dilations = 1, dimRoundingMode }: ConvolutionAttributes,
  depthwise = false,
): ConvolutionSizes {
  if (dataFormat === 'NCHW')
    throw new HeadwaterError('unsupported-graph', 'Training reads images with channels last. Use NHWC.');
  const info = backend_util.computeConv2DInfo(
    inShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
  const { filterHeight: kh, filterWidth: kw, strideHeight, strideWidth, padInfo, outHeight, outWidth } = info;
  const { top, left, bottom, right } = padInfo;
  return {
    inShape,
    outShape: [info.batchSize, outHeight, outWidth, info.outChannels],
    pixels: info.batchSize * outHeight * outWidth,
    window: kh * kw * info.inChannels,
    geometry: [
      kh,
      kw,
      strideHeight,
      strideWidth,
      info.dilationHeight,
      info.dilationWidth,
      top,
      left,
      outHeight,
      outWidth,
    ],
    pointwise: kh * kw * strideHeight * strideWidth === 1 && top + left + bottom + right === 0,
  };
}

function forward(
  kernels: TrainingKernels,
  sizes: ConvolutionSizes,
  x: TensorInfo,
  filter: TensorInfo,
  out: TensorInfo,
): void {
  const { window, outShape } = sizes;
  const channels = outShape[3];
  const f: Matrix = { at: kernels.addressOf(filter), row: channels, column: 1 };
  const place = kernels.addressOf(out);
  forBlocks(kernels, sizes, (block) => {
    const rows = windows(kernels, sizes, kernels.addressOf(x), block);
    const c = { at: place + 4 * block.from * channels, row: channels };
    kernels.multiply({ at: rows, row: window, column: 1 }, f, c, [block.count, channels, window], block);
  });
}

function filterGradient(
  kernels: TrainingKernels,
  sizes: ConvolutionSizes,
  x: TensorInfo,
  dy: TensorInfo,
  out: TensorInfo,
): void {
  const { window, outShape } = sizes;
  const channels = outShape[3];
  const c = { at: kernels.addressOf(out), row: channels };
  forBlocks(kernels, sizes, (block) => {
    const rows = windows(kernels, sizes, kernels.addressOf(x), block);
    const d: Matrix = { at: kernels.addressOf(dy) + 4 * block.from * channels, row: channels, column: 1 };
    const accumulate = block.from > 0;
    kernels.multiply({ at: rows, row: 1, column: window }, d, c, [window, channels, block.count], {
      ...block,
      accumulate,
    });
  });
}

function inputGradient(
  kernels: TrainingKernels,
  sizes: ConvolutionSizes,
  dy: TensorInfo,
  filter: TensorInfo,
  out: TensorInfo,
): void {
  const { window, outShape, inShape, geometry, pointwise } = sizes;
  const channels = outShape[3];
  const [, height, width, depth] = inShape;
  const transposed: Matrix = { at: kernels.addressOf(filter), row: 1, column: channels };
  const image = kernels.addressOf(out);
  if (!pointwise) kernels.clear(out);
  forBlocks(kernels, sizes, (block) => {
    const { from, count } = block;
    const d: Matrix = { at: kernels.addressOf(dy) + 4 * from * channels, row: channels, column: 1 };
    const rows = pointwise ? image + 4 * from * window : block.rows;
    kernels.multiply(d, transposed, { at: rows, row: window }, [count, window, channels], block);
    if (!pointwise) kernels.run.fold(image, height, width, depth, ...geometry, from, from + count, rows);
  });
}

/** A range of output pixels with the scratch to work on them. */
interface Block {
  from: number;
  count: number;
  /** For unfolded rows [count, window]; unless the convolution is pointwise. */
  rows: number;
  /** For the product. */
  scratch: number;
}

/** Calls `body` for one range of output pixels after the other: all at once if the convolution is pointwise. */
function forBlocks(kernels: TrainingKernels, sizes: ConvolutionSizes, body: (block: Block) => void): void {
  const { pixels, window, pointwise } = sizes;
  const fit = Math.floor(unfoldBytes / (4 * window));
  const most = pointwise ? pixels : Math.min(pixels, Math.max(leastRows, fit - (fit % leastRows)));
  const productBytes = kernels.run.gemmScratchBytes();
  const scratch = kernels.scratch(productBytes + (pointwise ? 0 : 4 * window * most));
  for (let from = 0; from < pixels; from += most)
    body({ from, count: Math.min(most, pixels - from), rows: scratch + productBytes, scratch });
}

/** Address of the block's windows: the image itself, or unfolded. */
function windows(kernels: TrainingKernels, sizes: ConvolutionSizes, image: number, block: Block): number {
  if (sizes.pointwise) return image + 4 * block.from * sizes.window;
  const [, height, width, channels] = sizes.inShape;
  const { from, count, rows } = block;
  kernels.run.unfold(image, height, width, channels, ...sizes.geometry, from, from + count, rows);
  return rows;
}
