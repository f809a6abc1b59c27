// Concatenation. What could be written in place is there already (views.ts); the rest is copied.

import type { Op } from '../../graph/index.ts';
import { clearPadding, moveChannels, runOf } from './channels.ts';
import type { Context, Place } from './context.ts';
import { blockOf, channelAt, channelMultiple, pixelAt } from './layout.ts';
import { copyPicture } from './vectors.ts';
import { axisOf, joinsChannels, piecesOf } from './views.ts';

export function concat(op: Op, context: Context): void {
  const output = context.write(op);
  if (joinsChannels(op, context.shapes)) joinChannels(op, context, output);
  else joinPixels(op, context, output);
}

function joinChannels(op: Op, context: Context, output: Place): void {
  const pieces = piecesOf(op, context.shapes).map((piece) => ({
    ...piece,
    place: context.read(op, piece.name, output.format),
  }));
  const rest = pieces.filter(({ place, channel }) => !isAt(output, place, channel));
  if (rest.some(({ isLast }) => isLast)) clearPadding(op, context, output);
  for (const { place, channel, channels } of rest) {
    if (channel % channelMultiple === 0 && channels % channelMultiple === 0)
      copyPicture(op, context, place, { ...output, at: channelAt(output, channel) });
    else moveChannels(op, context, place, output, runOf(0, channels), channel);
  }
}

/** Whether `place` is the part of `output` that begins at a channel. */
function isAt(output: Place, place: Place, channel: number): boolean {
  if (place.at.buffer !== output.at.buffer || channel % blockOf[output.layout.storage] !== 0) return false;
  return place.at.offset === channelAt(output, channel).offset;
}

/** Lines below lines, or columns beside columns. */
function joinPixels(op: Op, context: Context, output: Place): void {
  const axis = axisOf(op, context.shapes);
  let at = 0;
  for (const name of op.inputs) {
    const place = context.read(op, name, output.format);
    const start = axis === 0 ? pixelAt(output, at, 0) : pixelAt(output, 0, at);
    copyPicture(op, context, place, { ...output, at: start });
    at += axis === 0 ? place.layout.height : place.layout.width;
  }
}
