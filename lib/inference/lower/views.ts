// Values that lie inside another: pieces of a concatenation, written in place by whoever makes them, and what an
// element-wise op reads for the last time, which it overwrites.

import type { Op } from '../../graph/index.ts';
import type { Arithmetic } from './context.ts';
import { formatKey } from './halos.ts';
import { channelMultiple, pictureOf } from './layout.ts';
import { type Prepared, readersOf } from './prepare.ts';

/** `channel`: where the value begins in the one that holds it. */
export interface View {
  within: string;
  channel: number;
}

/** Values within values within …: more than any network nests, and few enough for a stack. */
const maxDepth = 256;

/** The views of a graph, by the name of the value inside. A value lies in one other at most. */
export function viewsOf(prepared: Prepared, arithmetic: Arithmetic): Map<string, View> {
  const views = new Map<string, View>();
  const readers = readersOf(prepared);
  const { graph, shapes } = prepared;
  const alike = (a: string, b: string) =>
    formatKey('', arithmetic.formats(a).made) === formatKey('', arithmetic.formats(b).made);
  /** Values that hold one which somebody reads again. */
  const shared = new Set<string>();
  /** Whether nobody reads the value, or what lies in it, again. */
  const isExclusive = (name: string) => readers.get(name) === 1 && !shared.has(name);
  const depths = new Map<string, number>();
  const view = (name: string, within: string, channel: number) => {
    const depth = (depths.get(name) ?? 0) + 1;
    if (depth > maxDepth) return;
    depths.set(within, Math.max(depth, depths.get(within) ?? 0));
    if (!isExclusive(name)) shared.add(within);
    views.set(name, { within, channel });
  };
  for (const op of graph.ops) {
    const [first] = op.inputs as [string];
    if (isInPlace(op) && alike(first, op.name) && isExclusive(first) && first !== graph.input.name)
      view(first, op.name, 0);
    if (op.op !== 'concat' || !joinsChannels(op, shapes)) continue;
    for (const { name, channel, isLast } of piecesOf(op, shapes)) {
      const channels = pictureOf(shapes.get(name)!)[2];
      const fits = channel % channelMultiple === 0 && (channels % channelMultiple === 0 || isLast);
      if (fits && alike(name, op.name) && !views.has(name)) view(name, op.name, channel);
    }
  }
  return views;
}

/** Ops whose kernel may write over its input. */
function isInPlace(op: Op): boolean {
  if (op.op === 'activation' || op.op === 'batchNorm') return true;
  return (op.op === 'add' || op.op === 'mul') && op.inputs.length === 1;
}

/** Whether a concatenation is one of channels, as against one of lines or columns. */
export function joinsChannels(op: Op, shapes: ReadonlyMap<string, number[]>): boolean {
  return axisOf(op, shapes) === 2;
}

/** The axis of a concatenation among [h, w, c]. */
export function axisOf(op: Op, shapes: ReadonlyMap<string, number[]>): number {
  const rank = shapes.get(op.name)!.length;
  const axis = op.attrs.axis ?? -1;
  return axis < 0 ? 3 + axis : 3 - rank + axis;
}

export interface Piece {
  name: string;
  /** Where it begins in the concatenation. */
  channel: number;
  channels: number;
  isLast: boolean;
}

/** What a concatenation of channels is made of. */
export function piecesOf(op: Op, shapes: ReadonlyMap<string, number[]>): Piece[] {
  let channel = 0;
  return op.inputs.map((name, i) => {
    const channels = pictureOf(shapes.get(name)!)[2];
    const piece = { name, channel, channels, isLast: i === op.inputs.length - 1 };
    channel += channels;
    return piece;
  });
}
