// Taps: which places of a graph have a short alias, and how a name that a caller gives becomes a place.

import { HeadwaterError } from '../errors/index.ts';
import { consumersOf, opsByName } from './edges.ts';
import { finalTapOp } from './final-tap.ts';
import type { Graph, Op, Tap } from './graph.ts';
import { inferShapes } from './shapes.ts';

/** Suffix of a tap's name that reads before the activation function. */
const preSuffix = ':pre';
/** Aliases that an error's sentence lists; its facts have them all. */
const maxListedTaps = 80;
/** Layers whose outputs are worth a name of their own: where a stage ends. */
const stageEnds: ReadonlySet<string> = new Set(['activation', 'add', 'concat', 'dense']);

/**
 * The taps of a graph by alias, `final` first.
 *
 * MobileNetV2's layers have the same short names whoever wrote them (`expanded_conv_14/expand/Relu6` and
 * `block_14_expand_relu` are both `block_14_expand`); elsewhere a layer without a path in its name is its own
 * alias, where a stage ends in it. An alias stands for the whole layer, as in {@link resolveTap}.
 *
 * @param size the network's own input size
 */
export function tapsOf(graph: Graph, size: number): Record<string, Tap> {
  const shapes = inferShapes(graph, size);
  const taps = new Map<string, Tap>([['final', tapAt(finalTapOp(graph, size), shapes)]]);
  const consumers = consumersOf(graph);
  for (const op of graph.ops) {
    const alias = aliasOf(op);
    if (alias && !taps.has(alias)) taps.set(alias, tapAt(layerEnd(consumers, op).name, shapes));
  }
  return Object.fromEntries(taps);
}

/**
 * The place that a caller means by an alias, a layer's full name, or the end of one (`expand/Relu6`) if only one
 * layer ends so. A convolution or dense layer stands for its batch-norm and activation too, because a code is
 * read after the activation function; with `:pre` it is read before it.
 *
 * @param fallback the card's default tap, taken when no name is given
 * @throws HeadwaterError `unknown-tap`, listing the aliases
 */
export function resolveTap(graph: Graph, fallback: { defaultTap: string } | undefined, name?: string): Tap {
  const asked = name ?? fallback?.defaultTap ?? 'final';
  const pre = asked.endsWith(preSuffix);
  const base = pre ? asked.slice(0, -preSuffix.length) : asked;
  const tap = Object.hasOwn(graph.taps, base) ? graph.taps[base]! : namedOp(graph, base);
  if (!tap) {
    const aliases = Object.keys(graph.taps);
    throw new HeadwaterError(
      'unknown-tap',
      `This backbone has no tap "${asked}". Its taps are: ${listed(aliases)}.`,
      {
        tap: asked,
        taps: aliases,
      },
    );
  }
  return pre ? { ...tap, pre: true } : tap;
}

/** A list short enough to read. */
function listed(names: string[]): string {
  const rest = names.length - maxListedTaps;
  return names.slice(0, maxListedTaps).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function namedOp(graph: Graph, name: string): Tap | undefined {
  const exact = opsByName(graph).get(name);
  const ending = name ? graph.ops.filter((op) => op.name.endsWith(`/${name}`)) : [];
  const op = exact ?? (ending.length === 1 ? ending[0] : undefined);
  if (!op) return undefined;
  const end = layerEnd(consumersOf(graph), op);
  return { op: end.name, pooling: yieldsVector(graph, end) ? 'none' : 'avg' };
}

/** The batch-norm or activation that ends the layer which begins with `op`. */
function layerEnd(consumers: Map<string, Op[]>, op: Op): Op {
  let end = op;
  while (end.op === 'conv2d' || end.op === 'dense' || end.op === 'batchNorm') {
    const readers = consumers.get(end.name) ?? [];
    const next = readers[0];
    if (readers.length !== 1 || !next || (next.op !== 'batchNorm' && next.op !== 'activation')) break;
    end = next;
  }
  return end;
}

/** Whether an op's output has no spatial axes, told from the ops alone. */
function yieldsVector(graph: Graph, op: Op): boolean {
  const ops = opsByName(graph);
  for (let at: Op | undefined = op; at; at = ops.get(at.inputs[0]!)) {
    if (at.op === 'dense' || at.op === 'globalAvgPool' || at.op === 'flatten') return true;
    if (at.op === 'reshape') return at.attrs.shape!.length === 1;
    if (at.op === 'conv2d' || at.op === 'maxPool' || at.op === 'avgPool' || at.op === 'pad') return false;
  }
  return false;
}

function tapAt(op: string, shapes: Map<string, number[]>): Tap {
  return { op, pooling: shapes.get(op)!.length === 3 ? 'avg' : 'none' };
}

/** MobileNetV2's blocks, by TensorFlow's scopes and by Keras's layer names; the first block has no number. */
const blockNames = [
  /(?:^|\/)expanded_conv(?:_(\d+))?\/(expand|depthwise|project|add)(?:\/|$)/,
  /^(?:block_(\d+)|expanded_conv)_(expand|depthwise)_relu$/,
  /^(?:block_(\d+)|expanded_conv)_(project)_BN$/,
];

function aliasOf(op: Op): string | undefined {
  for (const pattern of blockNames) {
    const match = pattern.exec(op.name);
    if (match) return `block_${match[1] ?? 0}_${match[2]}`;
  }
  const conv = /(?:^|\/)(Conv(?:_\d+)?)\/Relu6$/.exec(op.name);
  if (conv) return conv[1]!.toLowerCase();
  return !/[/#]/.test(op.name) && stageEnds.has(op.op) ? op.name : undefined;
}
