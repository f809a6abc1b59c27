// An integer plan in plain loops: the formats and weights of an arithmetic, evaluated value by value on the prepared
// graph, without layouts, packing or kernels. What the kernels compute must be this, bit for bit. It knows the ops that
// integers have: convolutions, sums, maximum pools, and what moves channels.

import type { Op } from '../../graph/index.ts';
import { sizeOf, weightOf } from '../../graph/weights.ts';
import { boundsOf } from '../lower/clamp.ts';
import type { Arithmetic, ValueFormat } from '../lower/context.ts';
import { isDepthwise } from '../lower/kinds.ts';
import type { Prepared } from '../lower/prepare.ts';
import { windowOf } from '../lower/window.ts';

/** Integers of a value in a format, [h, w, c]. */
interface Value {
  format: ValueFormat;
  data: Int32Array;
}

/** The value `name` as float32, [h, w, c]. */
export function interpret(
  prepared: Prepared,
  arithmetic: Arithmetic,
  input: Float32Array,
  name: string,
): Float32Array {
  const values = new Map<string, Value>();
  const picture = arithmetic.formats(prepared.graph.input.name).made;
  const inverse = Math.fround(1 / picture.scale);
  const data = Int32Array.from(input, (x) =>
    clamp(nearestEven(Math.fround(x * inverse)), picture.lo, picture.hi),
  );
  values.set(prepared.graph.input.name, { format: picture, data });
  const as = (of: string, format: ValueFormat) => converted(values.get(of)!, format);
  for (const op of prepared.graph.ops) {
    const format = arithmetic.formats(op.name).made;
    const made = evaluate(prepared, arithmetic, op, format, as);
    const [lo, hi] = boundsOf(op, format);
    values.set(op.name, { format, data: op.op === 'maxPool' ? made : made.map((q) => clamp(q, lo, hi)) });
  }
  const { format, data: numbers } = values.get(name)!;
  return Float32Array.from(numbers, (q) => (q - format.zeroPoint) * Math.fround(format.scale));
}

function evaluate(
  prepared: Prepared,
  arithmetic: Arithmetic,
  op: Op,
  format: ValueFormat,
  as: (name: string, format: ValueFormat) => Int32Array,
): Int32Array {
  const shape = prepared.shapes.get(op.name)!;
  const [from, second] = op.inputs as [string, string | undefined];
  const inputShape = prepared.shapes.get(from)!;
  const channels = shape.at(-1)!;
  switch (op.op) {
    case 'conv2d': {
      const input = arithmetic.formats(from).operand;
      const x = { shape: inputShape, data: as(from, input), format: input };
      const made =
        isDepthwise(op, prepared.shapes) && input.storage === 'u7'
          ? byteDepthwise(prepared, arithmetic, op, x, format)
          : convolution(prepared, arithmetic, op, x, format);
      const residual = second === undefined ? undefined : as(second, format);
      return made.map((q, i) => saturated(q + (residual?.[i] ?? 0)));
    }
    case 'add': {
      const [a, b] = [as(from, format), as(second!, format)];
      return a.map((q, i) => saturated(q + b[i]!));
    }
    case 'concat': {
      const pieces = op.inputs.map((name) => ({
        data: as(name, format),
        width: prepared.shapes.get(name)!.at(-1)!,
      }));
      const pixels = sizeOf(shape) / channels;
      return Int32Array.from(
        Array.from({ length: pixels }, (_, p) =>
          pieces.flatMap(({ data, width }) => [...data.subarray(p * width, (p + 1) * width)]),
        ).flat(),
      );
    }
    case 'channelSlice': {
      const { start, count } = op.attrs as { start: number; count: number };
      return as(from, format).filter((_, i) => {
        const c = i % inputShape.at(-1)!;
        return c >= start && c < start + count;
      });
    }
    case 'maxPool':
      return maximum(prepared, op, as(from, format));
    default:
      throw new Error(`the interpreter knows no ${op.op}`);
  }
}

interface Input {
  shape: readonly number[];
  data: Int32Array;
  format: ValueFormat;
}

/** Visits, for every output, the places of the input under each tap of the window; −1 where there is padding. */
function underWindow(
  prepared: Prepared,
  op: Op,
  kernel: readonly number[],
  visit: (pixel: number, places: number[]) => void,
): void {
  const [h, w] = prepared.shapes.get(op.inputs[0]!)! as [number, number];
  const { kernel: size, stride, dilation, top, left, height, width } = windowOf(op, kernel, [h, w, 1]);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const places: number[] = [];
      for (let ky = 0; ky < size[0]; ky++)
        for (let kx = 0; kx < size[1]; kx++) {
          const [iy, ix] = [y * stride[0] + ky * dilation[0] - top, x * stride[1] + kx * dilation[1] - left];
          places.push(iy < 0 || iy >= h || ix < 0 || ix >= w ? -1 : iy * w + ix);
        }
      visit(y * width + x, places);
    }
}

function convolution(
  prepared: Prepared,
  arithmetic: Arithmetic,
  op: Op,
  x: Input,
  format: ValueFormat,
): Int32Array {
  const { shape: kernelShape } = weightOf(prepared.graph, op.weights.kernel, op.name);
  const [, , inputs, outputs] = kernelShape as [number, number, number, number];
  const { kernel, bias, scale } = weightsOf(prepared, arithmetic, op, x.format, format);
  const perGroup = outputs / (op.attrs.groups ?? 1);
  const out = new Int32Array(sizeOf(prepared.shapes.get(op.name)!));
  underWindow(prepared, op, kernelShape, (pixel, places) => {
    for (let o = 0; o < outputs; o++) {
      let sum = bias[o]!;
      const first = Math.floor(o / perGroup) * inputs;
      places.forEach((place, tap) => {
        for (let c = 0; c < inputs; c++) {
          const q = place < 0 ? x.format.zeroPoint : x.data[place * x.shape[2]! + first + c]!;
          sum += q * kernel[(tap * inputs + c) * outputs + o]!;
        }
      });
      if (Math.abs(sum) >= 2 ** 31) throw new Error(`"${op.name}" overflows`);
      out[pixel * outputs + o] = requantised(sum, scale[o]!, format.zeroPoint);
    }
  });
  return out;
}

/** Weights in the graph's order; of a depthwise convolution they are taken out of its planes again. */
function weightsOf(
  prepared: Prepared,
  arithmetic: Arithmetic,
  op: Op,
  input: ValueFormat,
  output: ValueFormat,
) {
  if (!isDepthwise(op, prepared.shapes)) {
    const { kernel, bias, scale } = arithmetic.layerWeights(op, input, output);
    return { kernel, bias, scale: scale! };
  }
  const { weights, bias, scale } = arithmetic.depthwiseWeights(op, input, output);
  return {
    kernel: outOfPlanes(prepared, op, new Int16Array(weights.slice().buffer)),
    bias: new Int32Array(bias.slice().buffer),
    scale: new Float32Array(scale!.slice().buffer),
  };
}

function outOfPlanes(prepared: Prepared, op: Op, packed: Int16Array): Int16Array {
  const channels = prepared.shapes.get(op.name)!.at(-1)!;
  const taps = sizeOf(weightOf(prepared.graph, op.weights.kernel, op.name).shape) / channels;
  return Int16Array.from({ length: taps * channels }, (_, i) => {
    const [tap, c] = [Math.floor(i / channels), i % channels];
    return packed[(c - (c % 8)) * taps + tap * 8 + (c % 8)]!;
  });
}

/** The formula of kernels/depthwise-u7.as.ts. */
function byteDepthwise(
  prepared: Prepared,
  arithmetic: Arithmetic,
  op: Op,
  x: Input,
  format: ValueFormat,
): Int32Array {
  const { shape } = weightOf(prepared.graph, op.weights.kernel, op.name);
  const constants = arithmetic.depthwiseWeights(op, x.format, format);
  const numbers = (bytes: Uint8Array) => new Int16Array(bytes.slice().buffer);
  const kernel = outOfPlanes(prepared, op, numbers(constants.weights));
  const [bias, scale] = [numbers(constants.bias), numbers(constants.scale!)];
  const channels = x.shape[2]!;
  const out = new Int32Array(sizeOf(prepared.shapes.get(op.name)!));
  underWindow(prepared, op, shape, (pixel, places) => {
    for (let c = 0; c < channels; c++) {
      let sum = bias[c]!;
      places.forEach((place, tap) => {
        if (place >= 0)
          sum += (x.data[place * channels + c]! * 256 * kernel[tap * channels + c]! + 16_384) >> 15;
      });
      if (sum !== saturated(sum)) throw new Error(`"${op.name}" overflows`);
      out[pixel * channels + c] = (sum * scale[c]! + 16_384) >> 15;
    }
  });
  return out;
}

function maximum(prepared: Prepared, op: Op, data: Int32Array): Int32Array {
  const channels = prepared.shapes.get(op.name)!.at(-1)!;
  const out = new Int32Array(sizeOf(prepared.shapes.get(op.name)!));
  underWindow(prepared, op, op.attrs.window!, (pixel, places) => {
    const inside = places.filter((place) => place >= 0);
    for (let c = 0; c < channels; c++)
      out[pixel * channels + c] = Math.max(...inside.map((place) => data[place * channels + c]!));
  });
  return out;
}

/** A value's numbers in another format: (q − zero point) · ratio, rounded, as kernels/convert.as.ts does. */
function converted({ format, data }: Value, to: ValueFormat): Int32Array {
  if (format.storage === to.storage && format.scale === to.scale) return data;
  if (format.storage !== 'i16' || to.storage !== 'u7')
    throw new Error('the interpreter converts int16 to bytes only');
  return data.map((q) => clamp(requantised(q, Math.fround(format.scale / to.scale), to.zeroPoint), 0, 127));
}

const requantised = (sum: number, scale: number, zeroPoint: number): number =>
  saturated(nearestEven(Math.fround(Math.fround(sum) * scale)) + zeroPoint);

const clamp = (q: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, q));
const saturated = (q: number): number => clamp(q, -32_768, 32_767);

function nearestEven(x: number): number {
  const floor = Math.floor(x);
  const half = x - floor;
  return half > 0.5 || (half === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
