// The naive twin of every op, and small graphs for tests. Only what tests, proves or measures imports this.

import type { ActivationKind, Graph, Op, OpAttrs, OpKind, Weight, WeightRoles } from './graph.ts';
import { resolvePadding } from './padding.ts';
import { inferShapes } from './shapes.ts';
import { weightValues } from './weights.ts';

/** Numbers in [-1, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A float32 weight of random values. */
export function randomWeight(shape: number[], next: () => number): Weight {
  const length = shape.reduce((a, b) => a * b, 1);
  return { kind: 'float32', shape, data: Float32Array.from({ length }, next) };
}

/** A uint8 weight of random integers. */
export function randomQuantised(shape: number[], next: () => number): Weight {
  const length = shape.reduce((a, b) => a * b, 1);
  const data = Uint8Array.from({ length }, () => Math.floor(128 + 128 * next()));
  return { kind: 'quantised', shape, data, scale: Float32Array.of(0.01), zeroPoint: Float32Array.of(127.3) };
}

/** A graph from ops in short form; the input is called `input`. */
export function graphOf(
  ops: [op: OpKind, name: string, inputs: string[], attrs?: OpAttrs, weights?: WeightRoles][],
  weights: Record<string, Weight> = {},
  channels = 3,
): Graph {
  return {
    ops: ops.map(([op, name, inputs, attrs = {}, roles = {}]) => ({
      name,
      op,
      inputs,
      attrs,
      weights: roles,
    })),
    input: { name: 'input', channels },
    taps: {},
    weights: new Map(Object.entries(weights)),
  };
}

/** Cosine of the angle between two codes; NaN if their lengths differ. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return a.length === b.length ? ab / Math.sqrt(aa * bb) : Number.NaN;
}

/** Mean over height and width of [h, w, c]. */
export function averaged(values: Float32Array, channels: number): Float32Array {
  const out = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) out[i % channels]! += values[i]!;
  return Float32Array.from(out, (sum) => (sum * channels) / values.length);
}

/** Runs a graph, op by op, in double; every output rounded to float32. Outputs by op name. */
export function evaluate(graph: Graph, input: Float32Array, size: number): Map<string, Float32Array> {
  const shapes = inferShapes(graph, size);
  const values = new Map([[graph.input.name, input]]);
  for (const op of graph.ops) {
    const inputs = op.inputs.map((name) => ({ values: values.get(name)!, shape: shapes.get(name)! }));
    const out = apply(graph, op, inputs, shapes.get(op.name)!);
    values.set(op.name, op.attrs.activation ? out.map(curve(op.attrs.activation, op.attrs.alpha)) : out);
  }
  return values;
}

interface Value {
  values: Float32Array;
  shape: number[];
}

function apply(graph: Graph, op: Op, inputs: Value[], shape: number[]): Float32Array {
  const weight = (role: keyof WeightRoles) =>
    op.weights[role] === undefined ? undefined : weightValues(graph.weights.get(op.weights[role])!);
  const [x, y] = inputs as [Value, Value | undefined];
  const { attrs } = op;
  const length = shape.reduce((a, b) => a * b, 1);
  const channels = shape.at(-1)!;
  switch (op.op) {
    case 'conv2d':
      return convolve(
        x,
        weight('kernel')!,
        graph.weights.get(op.weights.kernel!)!.shape,
        weight('bias'),
        attrs,
        shape,
      );
    case 'dense': {
      const kernel = weight('kernel')!;
      const bias = weight('bias');
      return Float32Array.from({ length: channels }, (_, j) =>
        x.values.reduce((sum, value, i) => sum + value * kernel[i * channels + j]!, bias?.[j] ?? 0),
      );
    }
    case 'batchNorm': {
      const [gamma, beta, mean, variance] = (['gamma', 'beta', 'mean', 'variance'] as const).map(weight);
      return x.values.map((value, i) => {
        const c = i % channels;
        const normal = (value - mean![c]!) / Math.sqrt(variance![c]! + (attrs.epsilon ?? 0));
        return normal * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0);
      });
    }
    case 'maxPool':
    case 'avgPool':
      return pool(x, attrs, shape, op.op === 'maxPool');
    case 'globalAvgPool':
      return averaged(x.values, channels);
    case 'add':
    case 'mul': {
      const other = y ?? { values: weight('constant')!, shape: [weight('constant')!.length] };
      return Float32Array.from({ length }, (_, i) => {
        const [a, b] = [x, other].map((value) => value.values[broadcastIndex(i, shape, value.shape)]!);
        return op.op === 'add' ? a! + b! : a! * b!;
      });
    }
    case 'concat': {
      const out = new Float32Array(length);
      let at = 0;
      for (const { values, shape: part } of inputs) {
        const width = part.at(-1)!;
        for (let i = 0; i < values.length; i++)
          out[Math.floor(i / width) * channels + at + (i % width)] = values[i]!;
        at += width;
      }
      return out;
    }
    case 'pad': {
      const { top, left } = attrs.padding as { top: number; left: number };
      const out = new Float32Array(length).fill(attrs.value ?? 0);
      const [, w, c] = x.shape as [number, number, number];
      const row = w * c;
      for (let r = 0; r < x.shape[0]!; r++)
        out.set(x.values.subarray(r * row, (r + 1) * row), ((r + top) * shape[1]! + left) * c);
      return out;
    }
    case 'softmax': {
      const most = Math.max(...x.values);
      const powers = x.values.map((value) => Math.exp(value - most));
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / sum);
    }
    case 'channelShuffle': {
      const groups = attrs.groups!;
      const members = channels / groups;
      return x.values.map((_, i) => {
        const c = i % channels;
        return x.values[i - c + (c % groups) * members + Math.floor(c / groups)]!;
      });
    }
    case 'channelSlice': {
      const width = x.shape.at(-1)!;
      const end = attrs.start! + attrs.count!;
      return x.values.filter((_, i) => i % width >= attrs.start! && i % width < end);
    }
    case 'lrn':
      throw new Error('no twin for lrn');
    default:
      return x.values.slice();
  }
}

function broadcastIndex(i: number, shape: number[], from: number[]): number {
  let [rest, index, stride] = [i, 0, 1];
  for (let axis = 1; axis <= shape.length; axis++) {
    const at = rest % shape.at(-axis)!;
    rest = Math.floor(rest / shape.at(-axis)!);
    const side = from.at(-axis) ?? 1;
    if (axis <= from.length && side > 1) index += at * stride;
    stride *= side;
  }
  return index;
}

function convolve(
  x: Value,
  kernel: Float32Array,
  kernelShape: number[],
  bias: Float32Array | undefined,
  attrs: OpAttrs,
  shape: number[],
): Float32Array {
  const [h, w, cin] = x.shape as [number, number, number];
  const [kh, kw, perGroup, cout] = kernelShape as [number, number, number, number];
  const { top, left } = resolvePadding(attrs, [kh, kw], h, w);
  const [sy, sx] = attrs.stride ?? [1, 1];
  const [dy, dx] = attrs.dilation ?? [1, 1];
  const outPerGroup = cout / (attrs.groups ?? 1);
  const [oh, ow] = shape as [number, number];
  const out = new Float32Array(oh * ow * cout);
  const sums = new Float64Array(cout);
  for (let r = 0; r < oh; r++)
    for (let s = 0; s < ow; s++) {
      for (let o = 0; o < cout; o++) sums[o] = bias?.[o] ?? 0;
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const [iy, ix] = [r * sy + i * dy - top, s * sx + j * dx - left];
          if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
          const pixel = (iy * w + ix) * cin;
          const tap = (i * kw + j) * perGroup * cout;
          for (let g = 0; g < cin; g += perGroup) {
            const first = (g / perGroup) * outPerGroup;
            for (let c = 0; c < perGroup; c++) {
              const value = x.values[pixel + g + c]!;
              const row = tap + c * cout;
              if (value !== 0)
                for (let o = first; o < first + outPerGroup; o++)
                  sums[o] = sums[o]! + value * kernel[row + o]!;
            }
          }
        }
      out.set(sums, (r * ow + s) * cout);
    }
  return out;
}

function pool(x: Value, attrs: OpAttrs, shape: number[], largest: boolean): Float32Array {
  const [h, w, channels] = x.shape as [number, number, number];
  const [kh, kw] = attrs.window!;
  const { top, left } = resolvePadding(attrs, [kh, kw], h, w);
  const [sy, sx] = attrs.stride ?? [1, 1];
  const [oh, ow] = shape as [number, number];
  const out = new Float32Array(oh * ow * channels);
  for (let r = 0; r < oh; r++)
    for (let s = 0; s < ow; s++)
      for (let c = 0; c < channels; c++) {
        let [sum, most, count] = [0, Number.NEGATIVE_INFINITY, 0];
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const [iy, ix] = [r * sy + i - top, s * sx + j - left];
            if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
            const value = x.values[(iy * w + ix) * channels + c]!;
            sum += value;
            most = Math.max(most, value);
            count++;
          }
        out[(r * ow + s) * channels + c] = largest ? most : sum / (attrs.countPadding ? kh * kw : count);
      }
  return out;
}

function curve(kind: ActivationKind, alpha = 0): (x: number) => number {
  const hardSigmoid = (x: number) => Math.min(6, Math.max(0, x + 3)) / 6;
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const curves: Record<ActivationKind, (x: number) => number> = {
    relu: (x) => Math.max(0, x),
    relu6: (x) => Math.min(6, Math.max(0, x)),
    sigmoid,
    swish: (x) => x * sigmoid(x),
    hardSigmoid,
    hardSwish: (x) => x * hardSigmoid(x),
    leakyRelu: (x) => (x < 0 ? alpha * x : x),
    tanh: Math.tanh,
  };
  return curves[kind];
}
