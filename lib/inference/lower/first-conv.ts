// The picture has few channels, and planes of blocks would be mostly padding: the first convolution multiplies
// columns instead, the pixels under its kernel side by side.

import type { Op } from '../../graph/index.ts';
import type { Context, Place, ValueFormat } from './context.ts';
import { placeArgs } from './convert.ts';
import { operandOf } from './halos.ts';
import { pictureOf } from './layout.ts';
import type { Ref } from './memory.ts';
import type { Window } from './window.ts';

/** Writes the columns of a window over the picture: a value [height, width, kh · kw · c] of the window's outputs. */
export function columnsOf(op: Op, context: Context, window: Window): Place {
  const [h, w, c] = pictureOf(context.shapes.get(context.graph.input.name)!);
  const format = operandOf(context.arithmetic, op);
  const { kernel, stride, dilation, top, left, height, width } = window;
  const columns = context.scratch([height, width, kernel[0] * kernel[1] * c], format);
  const storage = columns.layout.storage === 'i16' ? 'i16' : 'f32';
  const picture = storage === 'i16' ? quantised(op, context, format) : context.picture;
  const moves = [...kernel, ...stride, ...dilation, top, left];
  const to = [columns.at, columns.layout.plane, height, width];
  context.emit(op, `columns_${storage}`, [picture, h, w, c, ...moves, ...to]);
  return columns;
}

/** Writes the picture as a value like any other, for ops that are no first convolution. */
export function blockPicture(op: Op, context: Context, place: Place): void {
  const { height, width, channels, storage } = place.layout;
  const picture = storage === 'i16' ? quantised(op, context, place.format) : context.picture;
  context.emit(op, `block_${storage}`, [picture, height, width, channels, ...placeArgs(place)]);
}

/** The picture as int16 numbers, [h, w, c]. */
function quantised(op: Op, context: Context, { scale, lo, hi }: ValueFormat): Ref {
  const [h, w, c] = pictureOf(context.shapes.get(context.graph.input.name)!);
  const numbers = context.scratchBytes(h * w * c * 2);
  context.emit(op, 'quantise_picture', [context.picture, numbers, h * w * c, 1 / scale, lo, hi]);
  return numbers;
}
