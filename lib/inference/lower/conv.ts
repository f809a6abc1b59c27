// Convolutions, over tables of pixels: no columns but the first one's, no copies for padding, stride or dilation.
// Groups whose channels fill blocks of 8 are one call each; others are joined until they do, as one dense kernel
// with zeros between them.

import type { Op } from '../../graph/index.ts';
import { sizeOf, weightOf } from '../../graph/weights.ts';
import type { KernelName } from '../kernels.ts';
import { boundsOf } from './clamp.ts';
import type { Argument, Context, LayerWeights, Place } from './context.ts';
import { dense } from './dense.ts';
import { depthwise } from './depthwise.ts';
import { columnsOf } from './first-conv.ts';
import { operandOf } from './halos.ts';
import { isDepthwise, takesColumns } from './kinds.ts';
import { blockOf, channelAt, channelMultiple, padChannels, pixelsOf } from './layout.ts';
import { packedBytes, packKernel, padVector } from './pack-weights.ts';
import { fieldsTable, offsetsTable, tapsTable } from './tables.ts';
import { type Window, windowOf } from './window.ts';

/** From this number of pixels on, all outputs of a few pixels are computed before the next pixels. */
const leastPixelsByRows = 196;

export function conv(op: Op, context: Context): void {
  const { shape } = weightOf(context.graph, op.weights.kernel, op.name);
  const window = windowOf(op, shape, context.shapes.get(op.inputs[0]!)!);
  if (isDepthwise(op, context.shapes)) depthwise(op, context, window);
  else if (takesColumns(context.graph, op)) {
    const columns = columnsOf(op, context, window);
    convolve(op, context, columns, pointwise(window), [1, 1, sizeOf(shape.slice(0, 3)), shape[3]!]);
  } else {
    const input = context.read(op, op.inputs[0]!, operandOf(context.arithmetic, op));
    if (isDense(op, window, input)) dense(op, context);
    else convolve(op, context, input, window, shape);
  }
}

/** A kernel of one tap over one pixel is a matrix. */
function isDense(op: Op, { kernel, top, left, height, width }: Window, { layout }: Place): boolean {
  const isOne = kernel[0] * kernel[1] * height * width * pixelsOf(layout) === 1 && top + left === 0;
  return isOne && op.inputs.length === 1 && (op.attrs.groups ?? 1) === 1;
}

/** The window that reads the columns of another: one tap, where the output is. */
const pointwise = (window: Window): Window => ({
  ...window,
  kernel: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  top: 0,
  left: 0,
});

/** Emits the calls of a convolution of `input` with a kernel of this shape, [kh, kw, channels of a group, outputs]. */
function convolve(op: Op, context: Context, input: Place, window: Window, shape: readonly number[]): void {
  const output = context.write(op);
  const residual = op.inputs[1] === undefined ? undefined : context.read(op, op.inputs[1], output.format);
  const weights = context.arithmetic.layerWeights(op, input.format, output.format);
  const allGroups = op.attrs.groups ?? 1;
  const [kh, kw, inputs, allOutputs] = shape as [number, number, number, number];
  const outputs = allOutputs / allGroups;
  const groups = groupsOfCall(allGroups, inputs, outputs);
  const call = { op, context, input, output, residual, window, weights };
  for (let first = 0; first < allGroups; first += groups)
    emitCall({ ...call, part: { taps: kh * kw, inputs, outputs, allGroups, first, groups } });
}

/** The least number of groups that begin and end with a block, so that a call can begin at any of them. */
function groupsOfCall(allGroups: number, inputs: number, outputs: number): number {
  const fills = (n: number) => n % channelMultiple === 0;
  for (let groups = 1; groups <= channelMultiple; groups *= 2)
    if (allGroups % groups === 0 && fills(groups * inputs) && fills(groups * outputs)) return groups;
  return allGroups;
}

interface Call {
  op: Op;
  context: Context;
  input: Place;
  output: Place;
  residual: Place | undefined;
  window: Window;
  weights: LayerWeights;
  part: Parameters<typeof packKernel>[1];
}

/** Arguments as ../kernels.ts lists them for ConvF32 and ConvInt. */
function emitCall({ op, context, input, output, residual, window, weights, part }: Call): void {
  const { constants } = context;
  const [from, to] = [input.layout, output.layout];
  const outputs = part.outputs * part.groups;
  const [firstInput, firstOutput] = [part.first * part.inputs, part.first * part.outputs];
  const pixels = pixelsOf(to);
  const [lo, hi] = boundsOf(op, output.format);
  const args: Argument[] = [
    channelAt(input, firstInput),
    from.plane,
    fieldsTable(constants, from, window),
    tapsTable(constants, from, window),
    part.taps,
    padChannels(part.inputs * part.groups) / blockOf[from.storage],
    constants.later(packedBytes(weights.kernel, part), () => packKernel(weights.kernel, part)),
    constants.add(padVector(weights.bias, firstOutput, outputs)),
    ...(weights.scale ? [constants.add(padVector(weights.scale, firstOutput, outputs))] : []),
    channelAt(output, firstOutput),
    to.plane,
    offsetsTable(constants, to),
    pixels,
    padChannels(outputs),
    residual ? channelAt(residual, firstOutput) : 0,
    residual ? residual.layout.plane : 0,
    residual ? offsetsTable(constants, residual.layout) : 0,
    lo,
    hi,
    ...(weights.scale ? [output.format.zeroPoint] : []),
    pixels >= leastPixelsByRows ? 1 : 0,
  ];
  const multiplyAdds = pixels * part.taps * part.inputs * outputs;
  context.emit(op, convKernel(from.storage, to.storage), args, multiplyAdds);
}

function convKernel(from: Place['layout']['storage'], to: Place['layout']['storage']): KernelName {
  if (from === 'f32' || to === 'f32') return 'conv_f32';
  return `conv_${from}_${to}`;
}
