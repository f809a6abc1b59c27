// Integer weights of a convolution or dense layer. With x = (q − z) · s the input's numbers and w ≈ n · t its weights,
//
//   Σ x·w + b = s·t · (Σ q·n + b / (s·t) − z · Σ n)
//
// so the kernel gets n, the two last terms as its bias, and s·t over the output's scale as its own. Everything is
// computed in double and in a fixed order: the same file gives the same integers everywhere.

import type { LayerWeights, ValueFormat } from '../lower/context.ts';
import { extremes, type KernelValues, magnitudes } from './kernel-values.ts';
import { byteLevels, quadLimit, sumLimit, wordLevels } from './limits.ts';
import { largestQuads, largestRoundedQuad, quadsOf } from './quads.ts';

/** What quantising needs to know of a layer's surroundings. */
export interface Surroundings {
  input: ValueFormat;
  output: ValueFormat;
  /** Mean of the input's channels (all groups), where it was measured. */
  mean?: Float32Array | undefined;
  groups: number;
}

/** Integers and the size of their unit. */
interface Quantised {
  integers: Int16Array | Int8Array;
  /** Real value of 1, for each output. */
  steps: Float64Array;
}

/**
 * Kernel, bias and scales for `conv_*` and `dense_*`, unpacked.
 *
 * Beside int16 inputs the weights are the file's own integers where it has some; otherwise, as beside bytes, they are
 * rounded to the finest step for which nothing can overflow: |n| within the type, hi·Σ|n| + |bias| within int32, and of
 * bytes the condition of quads.ts. What rounding moves a sum by on average, Σ (n·t − w) · mean, is taken off the bias.
 */
export function integerLayer(kernel: KernelValues, around: Surroundings): LayerWeights {
  const { input, output } = around;
  const quantised = ownIntegers(kernel, around) ?? rounded(kernel, around);
  const { integers, steps } = quantised;
  const shift = meanShift(kernel, quantised, around);
  const sums = new Float64Array(kernel.outputs);
  for (let i = 0; i < integers.length; ) for (let o = 0; o < kernel.outputs; o++) sums[o]! += integers[i++]!;
  const bias = Int32Array.from(steps, (step, o) => {
    const real = (kernel.bias[o]! - shift[o]!) / (input.scale * step);
    return Math.round(real) - input.zeroPoint * sums[o]!;
  });
  const scale = Float32Array.from(steps, (step) => (input.scale * step) / output.scale);
  return { kernel: integers, bias, scale };
}

/** The file's integers, if the input is int16 and no sum can leave int32. */
function ownIntegers(kernel: KernelValues, { input }: Surroundings): Quantised | undefined {
  const { bias, outputs } = kernel;
  const own = input.storage === 'i16' ? kernel.own() : undefined;
  if (!own) return undefined;
  const sums = magnitudes(own.integers, outputs);
  const fits = sums.every(
    (sum, o) => sum * largest(input) + Math.abs(bias[o]!) / (input.scale * own.scale[o]!) < sumLimit,
  );
  return fits ? { integers: own.integers, steps: own.scale } : undefined;
}

function rounded(kernel: KernelValues, around: Surroundings): Quantised {
  const { values, outputs } = kernel;
  const isBytes = around.input.storage === 'u7';
  const quads = isBytes ? quadsOf(kernel, around.groups > 1) : [];
  const sums = largestQuads(kernel, quads);
  const most = extremes(values, outputs);
  const steps = overflowSteps(kernel, around.input).map((overflow, o) => {
    const type = isBytes ? Math.max(most[o]! / byteLevels, sums[o]! / quadLimit) : most[o]! / wordLevels;
    return Math.max(overflow, type) || 1;
  });
  const integers = new (isBytes ? Int8Array : Int16Array)(values.length);
  for (let i = 0; i < integers.length; )
    for (let o = 0; o < outputs; o++, i++) integers[i] = Math.round(values[i]! / steps[o]!);
  coarsen(kernel, quads, integers, steps);
  return { integers, steps };
}

/** Takes larger steps where rounding has carried a quad over its limit: by two at most, so few turns are enough. */
function coarsen(
  { values, outputs, rows }: KernelValues,
  quads: readonly Int32Array[],
  integers: Int8Array | Int16Array,
  steps: Float64Array,
): void {
  const worst = largestQuads({ values: integers, outputs }, quads);
  for (let o = 0; o < outputs; o++) {
    if (worst[o]! <= quadLimit) continue;
    const column = Float64Array.from({ length: rows }, (_, row) => values[row * outputs + o]!);
    while (largestRoundedQuad(column, quads, steps[o]!) > quadLimit) steps[o]! *= 1 + 1 / 512;
    for (let row = 0; row < rows; row++) integers[row * outputs + o] = Math.round(column[row]! / steps[o]!);
  }
}

/** The steps below which a sum could leave int32: rounding moves every weight, and the correction of the bias every
 *  product, by half a step; the zero point of the input takes its share twice. */
function overflowSteps({ values, bias, outputs, rows }: KernelValues, input: ValueFormat): Float64Array {
  const peak = largest(input) + Math.abs(input.zeroPoint);
  const room = sumLimit - peak * rows;
  return magnitudes(values, outputs).map((sum, o) => (peak * sum + Math.abs(bias[o]!) / input.scale) / room);
}

/** What the weights' errors add to each output on average: Σ (n·t − w) · mean of their input channel. */
function meanShift(kernel: KernelValues, { integers, steps }: Quantised, { mean, groups }: Surroundings) {
  const { values, outputs, inputs, rows } = kernel;
  const shift = new Float64Array(outputs);
  if (mean?.length !== inputs * groups) return shift;
  const firsts = Int32Array.from({ length: outputs }, (_, o) => Math.floor((o * groups) / outputs) * inputs);
  for (let row = 0, i = 0; row < rows; row++)
    for (let o = 0; o < outputs; o++, i++)
      shift[o]! += (integers[i]! * steps[o]! - values[i]!) * mean[firsts[o]! + (row % inputs)]!;
  return shift;
}

/** Largest magnitude of a value's numbers. */
export const largest = ({ lo, hi }: ValueFormat): number => Math.max(Math.abs(lo), Math.abs(hi));
