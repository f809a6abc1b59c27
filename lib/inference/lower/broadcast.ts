// A value repeated along axes in which it has one element, for sums and products of two shapes.

import type { Op } from '../../graph/index.ts';
import { clearPadding, moveChannels } from './channels.ts';
import type { Context, Place } from './context.ts';
import { pixelAt, pixelBytesOf } from './layout.ts';

/** `value` as a picture of the size of `target`; lines may be the same memory. */
export function broadcastTo(op: Op, context: Context, value: Place, target: Place): Place {
  const channelwise = alongChannels(op, context, value, target.layout.channels);
  const wide = alongLines(op, context, channelwise, target.layout.width);
  const { height } = target.layout;
  if (wide.layout.height === height) return wide;
  return { ...wide, layout: { ...wide.layout, height, row: 0 } };
}

function alongChannels(op: Op, context: Context, value: Place, channels: number): Place {
  const { height, width, channels: own } = value.layout;
  if (own === channels) return value;
  const repeated = context.scratch([height, width, channels], value.format);
  clearPadding(op, context, repeated);
  moveChannels(op, context, value, repeated, { key: `first ${channels}`, count: channels, at: () => 0 }, 0);
  return repeated;
}

function alongLines(op: Op, context: Context, value: Place, width: number): Place {
  const { height, channels, planes, storage, plane, row } = value.layout;
  if (value.layout.width === width) return value;
  const repeated = context.scratch([height, width, channels], value.format);
  for (let x = 0; x < width; x++) {
    const to = [pixelAt(repeated, 0, x), repeated.layout.plane, repeated.layout.row];
    context.emit(op, 'copy', [value.at, plane, row, ...to, planes, height, pixelBytesOf[storage]]);
  }
  return repeated;
}
