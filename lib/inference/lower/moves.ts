// What changes a picture's shape and none of its numbers: pad, flatten, reshape.

import type { Op } from '../../graph/index.ts';
import { clearPadding } from './channels.ts';
import type { Context, Place } from './context.ts';
import { extentArgs, placeArgs } from './convert.ts';
import { haloArgs } from './halos.ts';
import { layoutOf, pixelAt, pixelsOf } from './layout.ts';
import type { Ref } from './memory.ts';
import { copyPicture, readVector, writeVector } from './vectors.ts';

export function pad(op: Op, context: Context): void {
  const output = context.write(op);
  const input = context.read(op, op.inputs[0]!, output.format);
  const padding = op.attrs.padding as { top: number; right: number; bottom: number; left: number };
  const inner = { ...output, at: pixelAt(output, padding.top, padding.left) };
  const { value = 0 } = op.attrs;
  if (value === 0) {
    const { height, width } = input.layout;
    // What is around the inner picture is zero as a halo is.
    const layout = { ...output.layout, height, width, halo: padding, origin: 0 };
    const origin = { ...inner, at: output.at, layout };
    context.emit(op, 'halo', haloArgs(origin));
  } else {
    const { at, layout } = output;
    context.emit(op, 'fill_f32', [at, layout.plane, layout.row, ...extentArgs(layout), value]);
  }
  copyPicture(op, context, input, inner);
}

/** Any reshape: the numbers go through memory order, [h, w, c]. */
export function reshape(op: Op, context: Context): void {
  const format = context.arithmetic.formats(op.name).made;
  const [from, to] = [context.shapes.get(op.inputs[0]!)!, context.shapes.get(op.name)!];
  const [before, after] = [layoutOf(from, format.storage), layoutOf(to, format.storage)];
  if (pixelsOf(after) === 1)
    writeVector(op, context, (vector) => {
      clearPadding(op, context, vector);
      unblock(op, context, context.read(op, op.inputs[0]!, format), vector.at);
    });
  else if (pixelsOf(before) === 1)
    block(op, context, readVector(op, context, op.inputs[0]!, format).at, context.write(op));
  else {
    const input = context.read(op, op.inputs[0]!, format);
    const flat = context.scratch([pixelsOf(before) * before.channels], format).at;
    unblock(op, context, input, flat);
    block(op, context, flat, context.write(op));
  }
}

/** Writes a picture in memory order. */
export function unblock(op: Op, context: Context, input: Place, output: Ref): void {
  const { height, width, channels, storage } = input.layout;
  context.emit(op, `unblock_${storage}`, [...placeArgs(input), height, width, channels, output]);
}

function block(op: Op, context: Context, input: Ref, output: Place): void {
  const { height, width, channels, storage } = output.layout;
  context.emit(op, `block_${storage}`, [input, height, width, channels, ...placeArgs(output)]);
}
