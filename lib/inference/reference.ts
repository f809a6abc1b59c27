// The op set in plain loops, straight from the definitions, with sums in double: what every implementation of
// `compile` is tested against. Slow on purpose; only tests use it.

import { type Graph, inferShapes, type Op, resolvePadding, type Tap, weightValues } from '../graph/index.ts';
import { sizeOf, weightOf } from '../graph/weights.ts';

/** A value with its logical shape, [h, w, c] or [n]. */
interface Value {
  shape: number[];
  data: Float64Array;
}

/** The codes of `taps` for `input` [size, size, c], by the definitions of the ops. */
export function referenceCodes(
  graph: Graph,
  size: number,
  taps: readonly Tap[],
  input: ArrayLike<number>,
): number[][] {
  const shapes = inferShapes(graph, size);
  const values = new Map<string, Value>();
  values.set(graph.input.name, { shape: shapes.get(graph.input.name)!, data: Float64Array.from(input) });
  for (const op of graph.ops) {
    const shape = shapes.get(op.name)!;
    const data = evaluate(
      graph,
      op,
      op.inputs.map((name) => values.get(name)!),
      shape,
    );
    if (op.attrs.activation) for (let i = 0; i < data.length; i++) data[i] = activate(op, data[i]!);
    values.set(op.name, { shape, data });
  }
  return taps.map((tap) => {
    const value = values.get(tap.op)!;
    return [...(tap.pooling === 'avg' && value.shape.length > 1 ? mean(value) : value.data)];
  });
}

function evaluate(graph: Graph, op: Op, inputs: Value[], shape: number[]): Float64Array {
  const [x] = inputs as [Value];
  const weight = (name: string | undefined) => weightValues(weightOf(graph, name, op.name));
  switch (op.op) {
    case 'conv2d':
      return conv(
        op,
        x,
        weightOf(graph, op.weights.kernel, op.name).shape,
        weight(op.weights.kernel),
        op.weights.bias ? weight(op.weights.bias) : undefined,
        shape,
      );
    case 'dense': {
      const kernel = weight(op.weights.kernel);
      const bias = op.weights.bias ? weight(op.weights.bias) : undefined;
      const outputs = shape[0]!;
      return Float64Array.from({ length: outputs }, (_, o) =>
        x.data.reduce((sum, v, i) => sum + v * kernel[i * outputs + o]!, bias?.[o] ?? 0),
      );
    }
    case 'batchNorm': {
      const { gamma, beta, mean, variance } = op.weights;
      const [m, v] = [weight(mean), weight(variance)];
      const [g, b] = [gamma && weight(gamma), beta && weight(beta)];
      return x.data.map((value, i) => {
        const c = i % m.length;
        const normal = (value - m[c]!) / Math.sqrt(v[c]! + (op.attrs.epsilon ?? 0));
        return normal * (g ? g[c]! : 1) + (b ? b[c]! : 0);
      });
    }
    case 'maxPool':
    case 'avgPool':
      return pool(op, x, shape);
    case 'globalAvgPool':
      return mean(x);
    case 'add':
    case 'mul': {
      const constant = () => {
        const data = Float64Array.from(weight(op.weights.constant));
        return { shape: [data.length], data };
      };
      const other = inputs[1] ?? constant();
      const [a, b] = [broadcast(x, shape), broadcast(other, shape)];
      return a.map((v, i) => (op.op === 'add' ? v + b[i]! : v * b[i]!));
    }
    case 'concat':
      return concat(op, inputs, shape);
    case 'lrn':
      return lrn(op, x);
    case 'pad': {
      const out = new Float64Array(sizeOf(shape)).fill(op.attrs.value ?? 0);
      const { top, left } = op.attrs.padding as { top: number; left: number };
      each(x.shape, (y, xx, c, i) => {
        out[((y + top) * shape[1]! + xx + left) * shape[2]! + c] = x.data[i]!;
      });
      return out;
    }
    case 'channelShuffle': {
      const channels = x.shape.at(-1)!;
      const groups = op.attrs.groups!;
      const out = new Float64Array(x.data.length);
      for (let i = 0; i < out.length; i++) {
        const c = i % channels;
        const members = channels / groups;
        out[i - c + (c % members) * groups + Math.floor(c / members)] = x.data[i]!;
      }
      return out;
    }
    case 'channelSlice': {
      const { start, count } = op.attrs as { start: number; count: number };
      const width = x.shape.at(-1)!;
      return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
        return x.data[Math.floor(i / count) * width + start + (i % count)]!;
      });
    }
    case 'softmax': {
      const n = x.shape.at(-1)!;
      return x.data.map((v, i) => {
        const row = x.data.subarray(i - (i % n), i - (i % n) + n);
        const most = Math.max(...row);
        return Math.exp(v - most) / row.reduce((sum, r) => sum + Math.exp(r - most), 0);
      });
    }
    default:
      return x.data.slice();
  }
}

function activate(op: Op, x: number): number {
  const relu6 = (v: number) => Math.min(6, Math.max(0, v));
  switch (op.attrs.activation!) {
    case 'relu':
      return Math.max(0, x);
    case 'relu6':
      return relu6(x);
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'swish':
      return x / (1 + Math.exp(-x));
    case 'hardSigmoid':
      return relu6(x + 3) / 6;
    case 'hardSwish':
      return (x * relu6(x + 3)) / 6;
    case 'leakyRelu':
      return x < 0 ? x * (op.attrs.alpha ?? 0.01) : x;
    case 'tanh':
      return Math.tanh(x);
  }
}

function conv(
  op: Op,
  x: Value,
  kernelShape: number[],
  kernel: Float32Array,
  bias: Float32Array | undefined,
  shape: number[],
): Float64Array {
  const [kh, kw, perGroup, cout] = kernelShape as [number, number, number, number];
  const [h, w, cin] = x.shape as [number, number, number];
  const [sh, sw] = op.attrs.stride ?? [1, 1];
  const [dh, dw] = op.attrs.dilation ?? [1, 1];
  const { top, left } = resolvePadding(op.attrs, [kh, kw], h, w);
  const outputsPerGroup = cout / (op.attrs.groups ?? 1);
  const out = new Float64Array(sizeOf(shape));
  each(shape, (oy, ox, o, i) => {
    const first = Math.floor(o / outputsPerGroup) * perGroup;
    let sum = bias?.[o] ?? 0;
    for (let ky = 0; ky < kh; ky++)
      for (let kx = 0; kx < kw; kx++) {
        const [iy, ix] = [oy * sh + ky * dh - top, ox * sw + kx * dw - left];
        if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
        for (let c = 0; c < perGroup; c++)
          sum +=
            x.data[(iy * w + ix) * cin + first + c]! * kernel[((ky * kw + kx) * perGroup + c) * cout + o]!;
      }
    out[i] = sum;
  });
  return out;
}

function pool(op: Op, x: Value, shape: number[]): Float64Array {
  const [kh, kw] = op.attrs.window!;
  const [h, w, channels] = x.shape as [number, number, number];
  const [sh, sw] = op.attrs.stride ?? [1, 1];
  const pads = resolvePadding(op.attrs, [kh, kw], h, w);
  const out = new Float64Array(sizeOf(shape));
  each(shape, (oy, ox, c, i) => {
    let most = -Infinity;
    let sum = 0;
    let inside = 0;
    let counted = 0;
    for (let ky = 0; ky < kh; ky++)
      for (let kx = 0; kx < kw; kx++) {
        const [iy, ix] = [oy * sh + ky - pads.top, ox * sw + kx - pads.left];
        // Beyond the explicit padding is ceil mode's overhang, which counts for nothing.
        if (iy < h + pads.bottom && ix < w + pads.right) counted++;
        if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
        const value = x.data[(iy * w + ix) * channels + c]!;
        most = Math.max(most, value);
        sum += value;
        inside++;
      }
    out[i] = op.op === 'maxPool' ? most : sum / (op.attrs.countPadding ? counted : inside);
  });
  return out;
}

function lrn(op: Op, x: Value): Float64Array {
  const { size = 5, alpha = 1e-4, beta = 0.75, bias = 1 } = op.attrs;
  const channels = x.shape.at(-1)!;
  return x.data.map((value, i) => {
    const c = i % channels;
    let sum = 0;
    for (let k = Math.max(0, c - (size - 1) / 2); k <= Math.min(channels - 1, c + (size - 1) / 2); k++)
      sum += x.data[i - c + k]! ** 2;
    return value / (bias + (alpha / size) * sum) ** beta;
  });
}

function concat(op: Op, inputs: Value[], shape: number[]): Float64Array {
  const rank = shape.length;
  const axis = (op.attrs.axis ?? -1) < 0 ? rank + (op.attrs.axis ?? -1) : op.attrs.axis!;
  const outer = sizeOf(shape.slice(0, axis));
  const rows: number[] = [];
  for (let row = 0; row < outer; row++)
    for (const input of inputs) {
      const length = input.data.length / outer;
      rows.push(...input.data.subarray(row * length, (row + 1) * length));
    }
  return Float64Array.from(rows);
}

function broadcast(value: Value, shape: number[]): Float64Array {
  const from = [...shape.map(() => 1), ...value.shape].slice(-shape.length);
  return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    let rest = i;
    let index = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      index += (from[axis] === 1 ? 0 : at) * stride;
      stride *= from[axis]!;
    }
    return value.data[index]!;
  });
}

function mean(value: Value): Float64Array {
  const channels = value.shape.at(-1)!;
  const positions = value.data.length / channels;
  const out = new Float64Array(channels);
  for (let i = 0; i < value.data.length; i++) out[i % channels]! += value.data[i]! / positions;
  return out;
}

function each(shape: number[], visit: (y: number, x: number, c: number, index: number) => void): void {
  const [h, w, c] = shape as [number, number, number];
  let index = 0;
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) visit(y, x, k, index++);
}
