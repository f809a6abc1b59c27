// Constants of depthwise convolutions, as kernels/depthwise-i16.as.ts and depthwise-u7.as.ts take them.

import type { DepthwiseWeights } from '../lower/context.ts';
import { blockOf } from '../lower/layout.ts';
import { bytesOf, packDepthwise, padVector } from '../lower/pack-weights.ts';
import type { KernelValues } from './kernel-values.ts';
import { integerLayer, type Surroundings } from './layer-weights.ts';
import { byteLevels, wordLevels } from './limits.ts';

/** The kernel multiplies 256·x by w and keeps the upper half: a product x·w counts 1/128. */
const productUnit = 128;
const q15 = 2 ** 15;

/** Constants for the storage of the input. */
export const depthwiseConstants = (kernel: KernelValues, around: Surroundings): DepthwiseWeights =>
  around.input.storage === 'u7' ? bytes(kernel, around) : words(kernel, around);

/** As any layer's: exact sums. */
function words(kernel: KernelValues, around: Surroundings): DepthwiseWeights {
  const { kernel: integers, bias, scale } = integerLayer(kernel, around);
  const channels = kernel.outputs;
  return {
    weights: bytesOf(packDepthwise(integers as Int16Array, kernel.rows, channels, blockOf.i16)),
    bias: bytesOf(padVector(bias as Int32Array, 0, channels)),
    scale: bytesOf(padVector(scale!, 0, channels)),
  };
}

/**
 * sum = bias + Σ x·n / 128 in int16 and y = sum · scale / 2^15. With n = w·a, the two factors a and scale share a fixed
 * product, 2^22 · s / s′; a is as large as |n| and the worst sum allow, and scale, the coarser of the two, is an integer
 * by choice of a.
 */
function bytes(kernel: KernelValues, { input, output, mean }: Surroundings): DepthwiseWeights {
  const { values, rows, outputs: channels } = kernel;
  const weights = new Int16Array(values.length);
  const [bias, scale] = [new Int16Array(channels), new Int16Array(channels)];
  const product = (q15 * productUnit * input.scale) / output.scale;
  for (let c = 0; c < channels; c++) {
    scale[c] = Math.min(wordLevels, Math.ceil(product / largestFactor(kernel, input.scale, c)));
    const factor = product / scale[c]!;
    let shift = 0;
    for (let tap = 0; tap < rows; tap++) {
      const w = values[tap * channels + c]!;
      weights[tap * channels + c] = Math.round(w * factor);
      shift += (weights[tap * channels + c]! / factor - w) * (mean?.[c] ?? 0);
    }
    bias[c] = Math.round(((kernel.bias[c]! - shift) * factor) / (productUnit * input.scale));
  }
  return {
    weights: bytesOf(packDepthwise(weights, rows, channels, blockOf.u7)),
    bias: bytesOf(padVector(bias, 0, channels)),
    scale: bytesOf(padVector(scale, 0, channels)),
  };
}

/** The largest a for which no |n| and no sum leaves int16, roundings and the correction of the bias included. */
function largestFactor({ values, bias, rows, outputs }: KernelValues, scale: number, c: number): number {
  let [positive, negative, most] = [0, 0, 0];
  for (let i = c; i < values.length; i += outputs) {
    if (values[i]! > 0) positive += values[i]!;
    else negative -= values[i]!;
    most = Math.max(most, Math.abs(values[i]!));
  }
  const worst = (Math.abs(bias[c]!) / scale + byteLevels * Math.max(positive, negative)) / productUnit;
  return Math.min(wordLevels / most, (wordLevels - 2 * rows - 1) / worst, q15 * productUnit);
}
