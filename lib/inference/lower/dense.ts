// Dense layers, and convolutions of one pixel: vector times matrix, each weight read once.

import type { Op } from '../../graph/index.ts';
import { weightOf } from '../../graph/weights.ts';
import { boundsOf } from './clamp.ts';
import type { Context, Place } from './context.ts';
import { operandOf } from './halos.ts';
import { padChannels } from './layout.ts';
import { packedBytes, packKernel, padVector } from './pack-weights.ts';
import { readVector, writeVector } from './vectors.ts';

export function dense(op: Op, context: Context): void {
  const { shape } = weightOf(context.graph, op.weights.kernel, op.name);
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const input = readVector(op, context, op.inputs[0]!, operandOf(context.arithmetic, op));
  writeVector(op, context, (output) => emitDense(op, context, input, output, inputs, outputs));
}

function emitDense(
  op: Op,
  context: Context,
  input: Place,
  output: Place,
  inputs: number,
  outputs: number,
): void {
  const { constants } = context;
  const { kernel, bias, scale } = context.arithmetic.layerWeights(op, input.format, output.format);
  const [from, to] = [input.layout.storage, output.layout.storage];
  const part = { taps: 1, inputs, outputs, allGroups: 1, first: 0, groups: 1 };
  const args = [
    input.at,
    constants.later(packedBytes(kernel, part), () => packKernel(kernel, part)),
    constants.add(padVector(bias, 0, outputs)),
    ...(scale ? [constants.add(padVector(scale, 0, outputs))] : []),
    output.at,
    padChannels(inputs),
    padChannels(outputs),
    ...boundsOf(op, output.format),
    ...(scale ? [output.format.zeroPoint] : []),
  ];
  const name = from === 'f32' || to === 'f32' ? 'dense_f32' : (`dense_${from}_${to}` as const);
  context.emit(op, name, args, inputs * outputs);
}
