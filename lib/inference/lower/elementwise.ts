// Sums and products, with each other or with constants; batch-norms that no convolution could take in.

import { channelAffine, type Op } from '../../graph/index.ts';
import { broadcastTo } from './broadcast.ts';
import { boundsOf } from './clamp.ts';
import { type Argument, type Context, float32Format, type Place } from './context.ts';
import { extentArgs, placeArgs } from './convert.ts';
import { isVector, padChannels, pixelsOf } from './layout.ts';
import { padVector } from './pack-weights.ts';

/** x · scale + shift with constants per channel: batchNorm, and add or mul with a constant. */
export function affine(op: Op, context: Context): void {
  const output = context.write(op);
  const input = context.read(op, op.inputs[0]!, float32Format);
  const { channels } = input.layout;
  const { scale, shift } = channelAffine(context.graph, op, channels)!;
  const constant = (values: Float64Array) =>
    context.constants.add(padVector(Float32Array.from(values), 0, channels));
  emitAffine(op, context, input, constant(scale), constant(shift), output);
}

/** add or mul of two values; the shapes broadcast. */
export function binary(op: Op, context: Context): void {
  const output = context.write(op);
  const format = context.arithmetic.integer(op) ? output.format : float32Format;
  const [a, b] = op.inputs.map((name) => context.read(op, name, format)) as [Place, Place];
  if (perChannel(a, b)) emitPerChannel(op, context, a, b, output);
  else if (perChannel(b, a)) emitPerChannel(op, context, b, a, output);
  else emitBinary(op, context, a, b, output);
}

function emitBinary(op: Op, context: Context, a: Place, b: Place, output: Place): void {
  const [x, y] = [broadcastTo(op, context, a, output), broadcastTo(op, context, b, output)];
  const args = [...placeArgs(x), ...placeArgs(y), ...placeArgs(output), ...extentArgs(output.layout)];
  const name = op.op === 'mul' ? 'mul_f32' : output.layout.storage === 'i16' ? 'add_i16' : 'add_f32';
  context.emit(op, name, [...args, ...boundsOf(op, output.format)]);
}

/** Whether `b` is one number per channel of the picture `a`: squeeze and excitation. */
function perChannel(a: Place, b: Place): boolean {
  const isOne = isVector(b.layout) && b.layout.storage === 'f32';
  return isOne && pixelsOf(a.layout) > 1 && a.layout.channels === b.layout.channels;
}

function emitPerChannel(op: Op, context: Context, x: Place, vector: Place, output: Place): void {
  const constant = (value: number) => {
    const channels = padChannels(x.layout.channels);
    return context.constants.shared(`vector ${value} ${channels}`, channels * 4, () =>
      new Float32Array(channels).fill(value),
    );
  };
  if (op.op === 'mul') emitAffine(op, context, x, vector.at, constant(0), output);
  else emitAffine(op, context, x, constant(1), vector.at, output);
}

function emitAffine(
  op: Op,
  context: Context,
  x: Place,
  scale: Argument,
  shift: Argument,
  output: Place,
): void {
  const args = [...placeArgs(x), scale, shift, ...placeArgs(output), ...extentArgs(output.layout)];
  context.emit(op, 'affine_f32', [...args, ...boundsOf(op, output.format)]);
}
