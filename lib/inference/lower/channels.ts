// Moving channels: slices, shuffles, and what a concatenation could not have written in place.

import type { Op } from '../../graph/index.ts';
import type { Context, Place } from './context.ts';
import { placeArgs } from './convert.ts';
import { blockOf, channelMultiple } from './layout.ts';
import { plus } from './memory.ts';

export function channelSlice(op: Op, context: Context): void {
  const { start = 0, count = 0 } = op.attrs;
  move(op, context, runOf(start, count));
}

/** Channels [groups, n] → [n, groups]. */
export function channelShuffle(op: Op, context: Context): void {
  const channels = context.shapes.get(op.name)!.at(-1)!;
  const groups = op.attrs.groups ?? 1;
  const members = channels / groups;
  const key = `shuffle ${groups} ${channels}`;
  move(op, context, { key, count: channels, at: (c) => (c % groups) * members + Math.floor(c / groups) });
}

/** A list of channels that is written down when the plan is made; `key` names it. */
export interface ChannelList {
  key: string;
  count: number;
  at(i: number): number;
}

/** `count` channels from `start`. */
export const runOf = (start: number, count: number): ChannelList => ({
  key: `run ${start} ${count}`,
  count,
  at: (c) => start + c,
});

function move(op: Op, context: Context, from: ChannelList): void {
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
  from: ChannelList,
  start: number,
): void {
  const table = ({ key, count, at }: ChannelList) =>
    context.constants.shared(`channels ${key}`, count * 4, () =>
      Int32Array.from({ length: count }, (_, c) => at(c)),
    );
  const { height, width, storage } = output.layout;
  const tables = [table(from), table(runOf(start, from.count)), from.count];
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
