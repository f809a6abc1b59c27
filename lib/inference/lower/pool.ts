// Pools. They look where the picture ends, so they need no halo, and work on every storage as it is.

import type { Op } from '../../graph/index.ts';
import type { Context, Place } from './context.ts';
import { extentArgs, placeArgs } from './convert.ts';
import type { Ref } from './memory.ts';
import { writeVector } from './vectors.ts';
import { windowOf } from './window.ts';

export function pool(op: Op, context: Context): void {
  const output = context.write(op);
  const input = context.read(op, op.inputs[0]!, output.format);
  const window = windowOf(op, op.attrs.window ?? [1, 1], context.shapes.get(op.inputs[0]!)!);
  const { height, width, storage } = input.layout;
  const counted = op.attrs.countPadding ? [height + window.bottom, width + window.right] : [0, 0];
  const args = [
    ...placeArgs(input),
    height,
    width,
    ...window.kernel,
    ...window.stride,
    window.top,
    window.left,
    ...placeArgs(output),
    output.layout.height,
    output.layout.width,
    output.layout.planes,
    ...(op.op === 'avgPool' ? counted : []),
  ];
  context.emit(op, `${op.op === 'avgPool' ? 'avgPool' : 'maxPool'}_${storage}`, args);
}

export function globalAvgPool(op: Op, context: Context): void {
  const input = context.read(op, op.inputs[0]!);
  writeVector(op, context, (output) => mean(op, context, input, output.at));
}

/** The mean of each channel over all pixels, as float32 [channels], padded to a multiple of 8. */
export function mean(op: Op, context: Context, { at, layout, format }: Place, output: Ref): void {
  const [planes, height, width] = extentArgs(layout) as [number, number, number];
  const scale = layout.storage === 'f32' ? [] : [format.scale, format.zeroPoint];
  const args = [at, layout.plane, layout.row, height, width, planes, output, ...scale];
  context.emit(op, `mean_${layout.storage}`, args);
}
