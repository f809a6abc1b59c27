// The range of every value of a prepared graph: as calibration measured it, or, where it did not, derived from what
// the value is computed from. A derived range is never too small; it may be much too large, which 16 bits can afford.

import { HeadwaterError } from '../../errors/index.ts';
import { type ActivationKind, channelAffine, type Graph, type Op, opsByName } from '../../graph/index.ts';
import type { Prepared } from '../lower/prepare.ts';
import type { Quantisation, ValueStatistics } from '../quantisation.ts';
import { type KernelValues, kernelValues } from './kernel-values.ts';
import { headroom } from './limits.ts';

/** What the numbers of a value must be able to say. */
export interface ValueRange {
  /** For seven bits: clipping and rounding balanced. */
  lo: number;
  hi: number;
  /** For more: everything that is likely to come. */
  least: number;
  most: number;
}

export interface Ranges {
  range(name: string): ValueRange;
  mean(name: string): Float32Array | undefined;
}

/**
 * Ranges of the values of `prepared`, made from the stored graph `source`, which knows what a value was called before
 * passes merged layers.
 *
 * @throws HeadwaterError `bad-request` if the quantisation does not know the graph's input
 */
export function rangesOf(prepared: Prepared, source: Graph, { values }: Quantisation): Ranges {
  const { graph } = prepared;
  const [ops, sourceOps] = [opsByName(graph), opsByName(source)];
  const known = new Map<string, ValueRange>();
  const measured = (name: string) => values.get(storedName(name, values, sourceOps));

  function range(name: string): ValueRange {
    let found = known.get(name);
    if (!found) known.set(name, (found = fresh(name)));
    return found;
  }

  function fresh(name: string): ValueRange {
    const [least, most] = bounds(ops.get(name));
    const statistics = measured(name);
    if (statistics) return widened(statistics, least, most);
    const op = ops.get(name);
    if (!op) throw unknownInput(name);
    const derived = derive(prepared, op, op.inputs.map(range));
    return both(Math.max(least, derived[0]), Math.min(most, derived[1]));
  }

  // In the graph's order: a chain of what was not measured may be longer than a stack is deep.
  for (const { name } of graph.ops) range(name);
  return { range, mean: (name) => measured(name)?.mean };
}

/** The name under which statistics may be found: `<activation>:pre` is what the stored activation reads. */
function storedName(name: string, values: Quantisation['values'], ops: Map<string, Op>): string {
  if (values.has(name) || !name.endsWith(':pre')) return name;
  const op = ops.get(name.slice(0, -':pre'.length));
  return op?.op === 'activation' ? op.inputs[0]! : name;
}

/** What the activation that ends an op can give at all. */
function bounds(op: Op | undefined): [number, number] {
  if (op?.op === 'softmax') return [0, 1];
  const found = op?.attrs.activation && results[op.attrs.activation];
  return found ? [...found] : [-Infinity, Infinity];
}

const results: Record<ActivationKind, readonly [number, number]> = {
  relu: [0, Infinity],
  relu6: [0, 6],
  sigmoid: [0, 1],
  hardSigmoid: [0, 1],
  tanh: [-1, 1],
  swish: [-0.28, Infinity],
  hardSwish: [-0.375, Infinity],
  leakyRelu: [-Infinity, Infinity],
};

const widened = ({ lo, hi, least, most }: ValueStatistics, floor: number, ceiling: number): ValueRange => ({
  lo: Math.max(floor, lo),
  hi: Math.min(ceiling, hi),
  least: Math.max(floor, Math.min(lo, least) * headroom),
  most: Math.min(ceiling, Math.max(hi, most) * headroom),
});

const both = (lo: number, hi: number): ValueRange => ({ lo, hi, least: lo, most: hi });

/** Range of an op's output before its clamp, from those of its inputs. */
function derive(prepared: Prepared, op: Op, inputs: ValueRange[]): [number, number] {
  const [a, b] = inputs as [ValueRange, ValueRange | undefined];
  const least = Math.min(...inputs.map((input) => input.least));
  const most = Math.max(...inputs.map((input) => input.most));
  const { graph, shapes } = prepared;
  switch (op.op) {
    case 'conv2d':
    case 'dense': {
      const [lo, hi] = ofLayer(kernelValues(graph, op), a);
      return [lo + Math.min(0, b?.least ?? 0), hi + Math.max(0, b?.most ?? 0)];
    }
    case 'add':
      if (b) return [a.least + b.least, a.most + b.most];
      return ofAffine(graph, op, shapes.get(op.name)!.at(-1)!, a);
    case 'mul': {
      if (!b) return ofAffine(graph, op, shapes.get(op.name)!.at(-1)!, a);
      const products = [a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most];
      return [Math.min(...products), Math.max(...products)];
    }
    case 'batchNorm':
      return ofAffine(graph, op, shapes.get(op.name)!.at(-1)!, a);
    case 'activation':
      return [Math.min(0, least), Math.max(0, most)];
    case 'lrn': {
      const shrink = (op.attrs.bias ?? 1) ** -(op.attrs.beta ?? 0.75);
      return [Math.min(0, least * shrink), Math.max(0, most * shrink)];
    }
    case 'pad':
      return [Math.min(least, op.attrs.value ?? 0), Math.max(most, op.attrs.value ?? 0)];
    default:
      return [Math.min(0, least), Math.max(0, most)];
  }
}

/** All that a layer's outputs could be. Padding reads zeros, which the input's range may not hold. */
function ofLayer({ values, bias, outputs }: KernelValues, { least, most }: ValueRange): [number, number] {
  const [lo, hi] = [Float64Array.from(bias), Float64Array.from(bias)];
  const [low, high] = [Math.min(0, least), Math.max(0, most)];
  for (let i = 0; i < values.length; )
    for (let o = 0; o < outputs; o++) {
      const w = values[i++]!;
      lo[o]! += w > 0 ? w * low : w * high;
      hi[o]! += w > 0 ? w * high : w * low;
    }
  return [lo.reduce((x, y) => Math.min(x, y)), hi.reduce((x, y) => Math.max(x, y))];
}

function ofAffine(graph: Graph, op: Op, channels: number, { least, most }: ValueRange): [number, number] {
  const { scale, shift } = channelAffine(graph, op, channels)!;
  const ends = [...scale].flatMap((s, c) => [s * least + shift[c]!, s * most + shift[c]!]);
  return [Math.min(...ends), Math.max(...ends)];
}

const unknownInput = (name: string) =>
  new HeadwaterError(
    'bad-request',
    `The quantisation knows nothing of the network's input "${name}": it was made for another backbone. Use that of this backbone's digest, or calibrate anew.`,
  );
