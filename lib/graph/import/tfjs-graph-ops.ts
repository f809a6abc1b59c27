// One function per TensorFlow op: a node becomes graph ops. An op that is not in the table is refused by name.

import type { ActivationKind, OpAttrs, Padding, Weight } from '../graph.ts';
import { invalid, unsupported } from '../problems.ts';
import { weightValues } from '../weights.ts';
import { activationKind, channelConstant, type GraphBuilder } from './builder.ts';
import {
  boolAttr,
  integersOf,
  type Node,
  numberAttr,
  numbersAttr,
  stringAttr,
  stringsAttr,
} from './tfjs-nodes.ts';

/** What a handler sees: the builder and the model's constants. */
export interface GraphModel {
  builder: GraphBuilder;
  /** The constant behind input `i`, or undefined if that input is computed. */
  constant(node: Node, i: number): { name: string; weight: Weight } | undefined;
}

type Handler = (model: GraphModel, node: Node) => void;

const activations: Record<string, ActivationKind> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  LeakyRelu: 'leakyRelu',
};

/** TensorFlow op → handler. */
export const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Conv2D', conv],
  ['_FusedConv2D', conv],
  ['DepthwiseConv2dNative', conv],
  ['FusedDepthwiseConv2dNative', conv],
  ['MatMul', matMul],
  ['_FusedMatMul', matMul],
  ['BiasAdd', (model, node) => constantOp(model, node, 'add', 0, 1)],
  ['FusedBatchNorm', batchNorm],
  ['FusedBatchNormV2', batchNorm],
  ['FusedBatchNormV3', batchNorm],
  ...Object.keys(activations).map((op): [string, Handler] => [op, activation]),
  ['ClipByValue', clip],
  ['Add', (model, node) => binary(model, node, 'add')],
  ['AddV2', (model, node) => binary(model, node, 'add')],
  ['Mul', (model, node) => binary(model, node, 'mul')],
  ['Sub', subtract],
  ['RealDiv', divide],
  ['AddN', ({ builder }, node) => builder.emitChain('add', node.name, node.inputs)],
  ['AvgPool', (model, node) => pool(model, node, 'avgPool')],
  ['MaxPool', (model, node) => pool(model, node, 'maxPool')],
  ['Mean', mean],
  ['Softmax', ({ builder }, node) => builder.emit('softmax', node.name, [input(node)], { axis: -1 })],
  ['Squeeze', squeeze],
  ['Reshape', reshape],
  ['Pad', pad],
  ['PadV2', pad],
  ['ConcatV2', concat],
  ...['Identity', 'IdentityN', 'StopGradient', 'PreventGradient', 'Snapshot'].map((op): [string, Handler] => [
    op,
    ({ builder }, node) => builder.rename(node.name, input(node)),
  ]),
]);

function input(node: Node, i = 0): string {
  const name = node.inputs[i];
  if (name === undefined) throw invalid(`Node "${node.name}" (${node.op}) has no input ${i}.`);
  return name;
}

function needConstant(model: GraphModel, node: Node, i: number): { name: string; weight: Weight } {
  const constant = model.constant(node, i);
  if (!constant)
    throw unsupported(
      `Node "${node.name}" (${node.op}) computes its input ${i}; only a constant is supported there.`,
    );
  return constant;
}

/** A constant used as a weight of the given shape; the values keep their order. */
function weightInput(model: GraphModel, node: Node, i: number, shape?: number[]): string {
  const { name, weight } = needConstant(model, node, i);
  return model.builder.weight(name, shape ? { ...weight, shape } : weight);
}

function channelsLast(node: Node): void {
  const format = stringAttr(node, 'data_format') ?? 'NHWC';
  if (format !== 'NHWC')
    throw unsupported(`Node "${node.name}" is laid out ${format}; only NHWC is supported.`);
}

/** The middle two of [1, h, w, 1]. */
function spatial(node: Node, attr: string): [number, number] {
  const [n = 1, h = 1, w = 1, c = 1] = numbersAttr(node, attr);
  if (n !== 1 || c !== 1) throw unsupported(`Node "${node.name}" has ${attr} across batch or channels.`);
  return [h, w];
}

function paddingOf(node: Node): Padding {
  const padding = stringAttr(node, 'padding');
  if (padding === 'SAME') return 'same';
  if (padding === 'VALID') return 'valid';
  const explicit = numbersAttr(node, 'explicit_paddings');
  if (padding === 'EXPLICIT' && explicit.length === 8) return edges(explicit, node);
  throw unsupported(`Node "${node.name}" has the padding ${padding}.`);
}

/** [0, 0, top, bottom, left, right, 0, 0] */
function edges(list: number[], node: Node): Padding {
  const [n0, n1, top = 0, bottom = 0, left = 0, right = 0, c0, c1] = list;
  if (n0 || n1 || c0 || c1) throw unsupported(`Node "${node.name}" pads batch or channels.`);
  return { top, right, bottom, left };
}

/** Bias and activation of a fused op, which follow data and kernel. */
function fused(model: GraphModel, node: Node): { attrs: OpAttrs; bias?: string } {
  const ops = stringsAttr(node, 'fused_ops');
  const result: { attrs: OpAttrs; bias?: string } = { attrs: {} };
  for (const [i, op] of ops.entries()) {
    if (op === 'BiasAdd' && i === 0) result.bias = biasInput(model, node, 2);
    else if (i !== ops.length - 1)
      throw unsupported(`Node "${node.name}" (${node.op}) is fused with ${ops.join(', ')}.`, {
        node: node.name,
      });
    else {
      result.attrs.activation = activationKind(activations, op, node.name);
      if (op === 'LeakyRelu') result.attrs.alpha = numberAttr(node, 'leakyrelu_alpha', 'f') ?? 0.2;
    }
  }
  return result;
}

/** A bias of c values, its leading axes of 1 dropped. */
function biasInput(model: GraphModel, node: Node, i: number): string {
  const { weight } = needConstant(model, node, i);
  return weightInput(model, node, i, [weight.data.length]);
}

function conv(model: GraphModel, node: Node): void {
  channelsLast(node);
  const { weight } = needConstant(model, node, 1);
  const [kh, kw, cin, last] = weight.shape;
  if (weight.shape.length !== 4 || !kh || !kw || !cin || !last)
    throw invalid(`Node "${node.name}" (${node.op}) has a kernel [${weight.shape}].`);
  const depthwise = node.op.includes('Depthwise');
  const { attrs, bias } = fused(model, node);
  // A depthwise kernel [kh, kw, c, m] is, value for value, a grouped one [kh, kw, 1, c·m].
  const kernel = weightInput(model, node, 1, depthwise ? [kh, kw, 1, cin * last] : weight.shape);
  const shared = {
    stride: spatial(node, 'strides'),
    dilation: spatial(node, 'dilations'),
    padding: paddingOf(node),
  };
  model.builder.emit(
    'conv2d',
    node.name,
    [input(node)],
    { ...shared, groups: depthwise ? cin : 1, ...attrs },
    { kernel, ...(bias === undefined ? {} : { bias }) },
  );
}

function matMul(model: GraphModel, node: Node): void {
  if (boolAttr(node, 'transpose_a') || boolAttr(node, 'adj_x'))
    throw unsupported(`Node "${node.name}" transposes its data.`);
  const { name, weight } = needConstant(model, node, 1);
  if (weight.shape.length !== 2)
    throw invalid(`Node "${node.name}" (${node.op}) has a kernel [${weight.shape}].`);
  const { attrs, bias } = fused(model, node);
  const kernel = boolAttr(node, 'transpose_b')
    ? model.builder.weight(`${name}#transposed`, transposed(weight))
    : weightInput(model, node, 1);
  model.builder.emit('dense', node.name, [input(node)], attrs, {
    kernel,
    ...(bias === undefined ? {} : { bias }),
  });
}

function transposed(weight: Weight): Weight {
  const [rows, columns] = weight.shape as [number, number];
  const data = weight.data.slice();
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) data[c * rows + r] = weight.data[r * columns + c]!;
  return { ...weight, shape: [columns, rows], data } as Weight;
}

function batchNorm(model: GraphModel, node: Node): void {
  channelsLast(node);
  if (boolAttr(node, 'is_training'))
    throw unsupported(`Node "${node.name}" normalises by its batch. Export the model for inference.`);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => biasInput(model, node, i));
  const epsilon = numberAttr(node, 'epsilon', 'f') ?? 1e-4;
  model.builder.emit('batchNorm', node.name, [input(node)], { epsilon }, { gamma, beta, mean, variance });
}

function activation({ builder }: GraphModel, node: Node): void {
  const kind = activations[node.op]!;
  const alpha = kind === 'leakyRelu' ? { alpha: numberAttr(node, 'alpha', 'f') ?? 0.2 } : {};
  builder.emit('activation', node.name, [input(node)], { activation: kind, ...alpha });
}

function clip(model: GraphModel, node: Node): void {
  const [least, most] = [1, 2].map((i) => weightValues(needConstant(model, node, i).weight)[0]);
  if (least !== 0 || most !== 6)
    throw unsupported(`Node "${node.name}" clips to ${least}…${most}; only 0…6 is supported.`);
  model.builder.emit('activation', node.name, [input(node)], { activation: 'relu6' });
}

/** `add` or `mul` of a computed input and a constant one. */
function constantOp(
  model: GraphModel,
  node: Node,
  op: 'add' | 'mul',
  data: number,
  constant: number,
  change?: (value: number) => number,
): void {
  const source = needConstant(model, node, constant);
  const weight = model.builder.weight(
    `${node.name}#constant`,
    channelConstant(source.weight, node.name, change),
  );
  model.builder.emit(op, node.name, [input(node, data)], {}, { constant: weight });
}

function binary(model: GraphModel, node: Node, op: 'add' | 'mul'): void {
  if (model.constant(node, 1)) constantOp(model, node, op, 0, 1);
  else if (model.constant(node, 0)) constantOp(model, node, op, 1, 0);
  else model.builder.emit(op, node.name, [input(node, 0), input(node, 1)]);
}

function subtract(model: GraphModel, node: Node): void {
  constantOp(model, node, 'add', 0, 1, (value) => -value);
}

function divide(model: GraphModel, node: Node): void {
  constantOp(model, node, 'mul', 0, 1, (value) => 1 / value);
}

function pool({ builder }: GraphModel, node: Node, op: 'avgPool' | 'maxPool'): void {
  channelsLast(node);
  const attrs = {
    window: spatial(node, 'ksize'),
    stride: spatial(node, 'strides'),
    padding: paddingOf(node),
  };
  builder.emit(op, node.name, [input(node)], op === 'avgPool' ? { ...attrs, countPadding: false } : attrs);
}

function mean(model: GraphModel, node: Node): void {
  const axes = integersOf(needConstant(model, node, 1).weight, node).sort();
  if (String(axes) !== '1,2')
    throw unsupported(
      `Node "${node.name}" is a mean over axes ${axes}; only height and width are supported.`,
    );
  const keep = boolAttr(node, 'keep_dims') || boolAttr(node, 'keepdims');
  model.builder.emit('globalAvgPool', keep ? `${node.name}#pooled` : node.name, [input(node)]);
  if (keep) model.builder.emit('reshape', node.name, [`${node.name}#pooled`], { shape: [1, 1, -1] });
}

function squeeze({ builder }: GraphModel, node: Node): void {
  const axes = [...numbersAttr(node, 'squeeze_dims'), ...numbersAttr(node, 'axis')].sort();
  if (String(axes) !== '1,2')
    throw unsupported(`Node "${node.name}" squeezes axes ${axes}; only height and width are supported.`);
  builder.emit('reshape', node.name, [input(node)], { shape: [-1] });
}

function reshape(model: GraphModel, node: Node): void {
  const [, ...shape] = integersOf(needConstant(model, node, 1).weight, node);
  model.builder.emit('reshape', node.name, [input(node)], { shape });
}

function pad(model: GraphModel, node: Node): void {
  const padding = edges(integersOf(needConstant(model, node, 1).weight, node), node);
  const value = node.op === 'PadV2' ? weightValues(needConstant(model, node, 2).weight)[0] : 0;
  model.builder.emit('pad', node.name, [input(node)], { padding, value });
}

function concat(model: GraphModel, node: Node): void {
  const last = node.inputs.length - 1;
  const axis = integersOf(needConstant(model, node, last).weight, node)[0];
  if (axis !== 3 && axis !== -1)
    throw unsupported(`Node "${node.name}" concatenates along axis ${axis}; only channels are supported.`);
  model.builder.emit('concat', node.name, node.inputs.slice(0, last), { axis: -1 });
}
