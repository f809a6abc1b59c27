// Kernels that take or give a vector want it in one run; a picture of one pixel may have a halo.

import type { Op } from '../../graph/index.ts';
import type { Context, Place, ValueFormat } from './context.ts';
import { extentArgs, placeArgs } from './convert.ts';
import { isVector, pixelBytesOf } from './layout.ts';

/** A value of one pixel as one run of channels. */
export function readVector(op: Op, context: Context, name: string, format?: ValueFormat): Place {
  const place = context.read(op, name, format);
  if (isVector(place.layout)) return place;
  const vector = context.scratch([place.layout.channels], place.format);
  copyPicture(op, context, place, vector);
  return vector;
}

/** Gives `write` a run of channels for the op's value. */
export function writeVector(op: Op, context: Context, write: (vector: Place) => void): void {
  const place = context.write(op);
  if (isVector(place.layout)) write(place);
  else {
    const vector = context.scratch([place.layout.channels], place.format);
    write(vector);
    copyPicture(op, context, vector, place);
  }
}

/** Copies a picture, planes and pixels, into one of the same storage. */
export function copyPicture(op: Op, context: Context, from: Place, to: Place): void {
  const [planes, height, width] = extentArgs(from.layout) as [number, number, number];
  const line = width * pixelBytesOf[from.layout.storage];
  context.emit(op, 'copy', [...placeArgs(from), ...placeArgs(to), planes, height, line]);
}
