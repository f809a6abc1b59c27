// What works on each pixel by itself: activation functions, lrn, softmax. All in float32.

import { HeadwaterError } from '../../errors/index.ts';
import type { ActivationKind, Op } from '../../graph/index.ts';
import { clearPadding } from './channels.ts';
import { type Context, float32Format } from './context.ts';
import { extentArgs, placeArgs } from './convert.ts';

/** The kernel's numbers for them. */
const order: readonly ActivationKind[] = [
  'relu',
  'relu6',
  'sigmoid',
  'swish',
  'hardSwish',
  'hardSigmoid',
  'leakyRelu',
  'tanh',
];
const leakyReluSlope = 0.01;
/** Channels that the kernel of lrn holds, those of the window beyond both ends included. */
const maxLrnChannels = 4000;

export function activation(op: Op, context: Context): void {
  const output = context.write(op);
  const input = context.read(op, op.inputs[0]!, float32Format);
  const which = [order.indexOf(op.attrs.activation!), op.attrs.alpha ?? leakyReluSlope];
  const places = [...placeArgs(input), ...placeArgs(output), ...extentArgs(output.layout)];
  context.emit(op, 'activate_f32', [...which, ...places]);
}

/** x / (bias + alpha / size · Σ x²)^beta over `size` neighbouring channels, as in Caffe and ONNX. */
export function lrn(op: Op, context: Context): void {
  const { size = 5, alpha = 1e-4, beta = 0.75, bias = 1 } = op.attrs;
  if (size % 2 === 0) throw refuse(op, `a window of ${size} channels (only odd ones are centred)`);
  const channels = context.shapes.get(op.name)!.at(-1)!;
  if (channels + size > maxLrnChannels)
    throw refuse(op, `lrn over ${channels} channels in windows of ${size}`);
  channelwise(op, context, 'lrn_f32', [size, alpha / size, beta, bias]);
}

export function softmax(op: Op, context: Context): void {
  const rank = context.shapes.get(op.name)!.length;
  const axis = op.attrs.axis ?? -1;
  if (axis !== -1 && axis !== rank - 1) throw refuse(op, `softmax along axis ${axis} (only the last one)`);
  channelwise(op, context, 'softmax_f32', []);
}

function channelwise(op: Op, context: Context, kernel: 'lrn_f32' | 'softmax_f32', more: number[]): void {
  const output = context.write(op);
  const input = context.read(op, op.inputs[0]!, float32Format);
  clearPadding(op, context, output);
  const { channels, height, width } = output.layout;
  context.emit(op, kernel, [...placeArgs(input), ...placeArgs(output), channels, height, width, ...more]);
}

const refuse = (op: Op, what: string) =>
  new HeadwaterError(
    'unsupported-graph',
    `Layer "${op.name}" needs ${what}, which the inference engine does not have. Use a tap before this layer.`,
    { layer: op.name },
  );
