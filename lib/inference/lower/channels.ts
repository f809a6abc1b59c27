// Moving channels: slices, shuffles, and what a concatenation could not have written in place.

import type { Op } from '../../graph/index.ts';
import type { Context, Place } from './context.ts';
import { placeArgs } from './convert.ts';
import { blockOf, channelMultiple } from './layout.ts';
import { plus } from './memory.ts';

export function channelSlice(op: Op, context: Context): void {
  const { start = 0, count = 0 } = op.attrs;
  move(
    op,
    context,
    Array.from({ length: count }, (_, c) => start + c),
  );
}

/** Channels [groups, n] → [n, groups]. */
export function channelShuffle(op: Op, context: Context): void {
  const channels = context.shapes.get(op.name)!.at(-1)!;
  const groups = op.attrs.groups ?? 1;
  const members = channels / groups;
  move(
    op,
    context,
    Array.from({ length: channels }, (_, c) => (c % groups) * members + Math.floor(c / groups)),
  );
}

function move(op: Op, context: Context, from: number[]): void {
  const output = context.write(op);
  clearPadding(op, context, output);
  moveChannels(op, context, context.read(op, op.inputs[0]!, output.format), output, from, 0);
}

/** Writes channels `from` of one picture to `start`, `start` + 1, … of another of the same size. */
export function moveChannels(
  op: Op,
  context: Context,
  input: Place,
  output: Place,
  from: number[],
  start: number,
): void {
  const table = (channels: number[]) =>
    context.constants.shared(`channels ${channels}`, () => Int32Array.from(channels));
  const { height, width, storage } = output.layout;
  const to = from.map((_, i) => start + i);
  const tables = [table(from), table(to), from.length];
  context.emit(op, `channels_${storage}`, [
    ...placeArgs(input),
    ...placeArgs(output),
    height,
    width,
    ...tables,
  ]);
}

/** Sets the last block of a float32 value to zero if part of it is padding: a stale bit pattern there may be no number,
 *  and no number times a weight of zero is no number. For kernels that write channels, not planes. */
export function clearPadding(op: Op, context: Context, output: Place): void {
  const { channels, planes, plane, row, height, width, storage } = output.layout;
  if (storage !== 'f32' || channels % channelMultiple === 0) return;
  const cleared = channelMultiple / blockOf[storage];
  const at = plus(output.at, (planes - cleared) * plane);
  context.emit(op, 'fill_f32', [at, plane, row, cleared, height, width, 0]);
}
