// Layers with weights: Conv, Gemm, MatMul, BatchNormalization, LRN. Kernels are turned from ONNX's order into the
// graph's: OIHW → HWIO, and a dense kernel's rows into the order in which its input lies.

import type { WeightRoles } from '../graph.ts';
import { invalid } from '../problems.ts';
import { maxExtent } from '../validate.ts';
import type { OnnxContext, Value } from './onnx-context.ts';
import {
  alongChannels,
  asMap,
  asVector,
  featureAxes,
  isChannelsLast,
  mapView,
  onMap,
  vectorView,
} from './onnx-layout.ts';
import { floatAttr, intAttr, type Node, pairAttr, refuse } from './onnx-nodes.ts';
import type { Constant } from './onnx-tensors.ts';
import { extentOf, permutation, shapeOf, transposed, type View } from './onnx-view.ts';
import { windowPadding } from './onnx-windows.ts';

/** A bias of `channels` values; undefined if the node has none. */
function biasOf(context: OnnxContext, node: Node, i: number, channels: number): WeightRoles {
  if (!context.optional(node, i)) return {};
  const bias = context.constant(node, i);
  if (bias.values.length !== channels)
    throw invalid(`${node.where} has ${channels} channels, but a bias of [${bias.shape}].`);
  return { bias: vectorWeight(context, bias) };
}

function vectorWeight(context: OnnxContext, constant: Constant): string {
  const { values, name } = constant;
  return context.weight(`${name}#vector`, [values.length], () => Float32Array.from(values));
}

/** Conv: kernel [out, in / group, h, w]. */
export function conv(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const kernel = context.constant(node, 1);
  if (kernel.shape.length !== 4)
    throw refuse(node, `has a kernel [${kernel.shape}]; only two spatial axes are supported.`);
  const [out, perGroup, kh, kw] = kernel.shape as [number, number, number, number];
  const stated = pairAttr(node, 'kernel_shape') ?? [kh, kw];
  if (String(stated) !== String([kh, kw]) || !kernel.shape.every((side) => side > 0))
    throw invalid(`${node.where} has a kernel [${kernel.shape}], but says [${stated}].`);
  const map = asMap(context, input, node);
  const stride = pairAttr(node, 'strides') ?? [1, 1];
  const dilation = pairAttr(node, 'dilations') ?? [1, 1];
  const padding = windowPadding(node, [kh, kw], stride, dilation, map);
  const roles = {
    kernel: context.weight(`${kernel.name}#hwio`, [kh, kw, perGroup, out], () => toHwio(kernel)),
    ...biasOf(context, node, 2, out),
  };
  const attrs = { stride, dilation, groups: intAttr(node, 'group', 1), padding };
  return mapView(context, context.emit('conv2d', node.name, [map], attrs, roles));
}

/** [out, in, h, w] → [h, w, in, out] */
function toHwio({ values, shape }: Constant): Float32Array {
  const [out, perGroup, kh, kw] = shape as [number, number, number, number];
  const area = kh * kw;
  const turned = new Float32Array(values.length);
  for (let o = 0; o < out; o++)
    for (let c = 0; c < perGroup; c++)
      for (let p = 0; p < area; p++)
        turned[(p * perGroup + c) * out + o] = values[(o * perGroup + c) * area + p]!;
  return turned;
}

/** Gemm: α · A B + β · C. */
export function gemm(context: OnnxContext, node: Node): Value {
  const a = context.view(node, 0);
  const input = intAttr(node, 'transA', 0) ? transposed(a, [1, 0], node.where) : a;
  const b = context.constant(node, 1);
  if (b.shape.length !== 2) throw invalid(`${node.where} has a kernel [${b.shape}].`);
  const alpha = floatAttr(node, 'alpha', 1);
  const dense = denseOf(context, node, input, b, Boolean(intAttr(node, 'transB', 0)), alpha);
  if (!context.optional(node, 2)) return emitDense(context, node, dense, {});
  const c = context.constant(node, 2);
  const beta = floatAttr(node, 'beta', 1);
  if (c.values.length !== 1 && (c.values.length !== dense.outputs || c.shape.at(-1) !== dense.outputs))
    throw refuse(node, `adds a constant [${c.shape}]; only one per output (${dense.outputs}) is supported.`);
  const plain = beta === 1 && c.values.length === dense.outputs;
  const bias = context.weight(plain ? `${c.name}#vector` : `${node.name}#bias`, [dense.outputs], () =>
    Float32Array.from({ length: dense.outputs }, (_, i) => beta * c.values[c.values.length === 1 ? 0 : i]!),
  );
  return emitDense(context, node, dense, { bias });
}

/** MatMul with a constant: a dense layer on a vector, or a 1 × 1 convolution of a map with its channels last. */
export function matMul(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const b = context.constant(node, 1);
  if (b.shape.length !== 2)
    throw refuse(node, `multiplies by a constant [${b.shape}]; only a matrix is supported.`);
  const spatial = featureAxes(context, input, node).slice(0, -1);
  if (spatial.some((atoms) => atoms.length > 0) && isChannelsLast(input)) {
    const map = asMap(context, input, node, true);
    const [rows, columns] = b.shape as [number, number];
    const kernel = context.weight(`${b.name}#1x1`, [1, 1, rows, columns], () => Float32Array.from(b.values));
    return mapView(context, context.emit('conv2d', node.name, [map], {}, { kernel }), true);
  }
  return emitDense(context, node, denseOf(context, node, input, b, false, 1), {});
}

interface Dense {
  input: View;
  kernel: string;
  outputs: number;
}

function denseOf(
  context: OnnxContext,
  node: Node,
  input: View,
  matrix: Constant,
  transpose: boolean,
  alpha: number,
): Dense {
  const axes = featureAxes(context, input, node);
  const last = axes.at(-1);
  if (!last || axes.slice(0, -1).some((atoms) => atoms.length > 0))
    throw refuse(node, `multiplies [${shapeOf(input)}] by a matrix; only a vector per image is supported.`);
  const [rows, outputs] = (transpose ? matrix.shape.toReversed() : matrix.shape) as [number, number];
  if (extentOf(last) !== rows || !(outputs > 0))
    throw invalid(`${node.where} multiplies [${shapeOf(input)}] by [${matrix.shape}].`);
  const order = permutation(input.storage, last);
  const plain = !order && alpha === 1;
  const name = plain ? `${matrix.name}${transpose ? '#transposed' : '#matrix'}` : `${node.name}#kernel`;
  const [rowStep, columnStep] = transpose ? [1, rows] : [outputs, 1];
  const kernel = context.weight(name, [rows, outputs], () => {
    const values = new Float32Array(rows * outputs);
    for (let r = 0; r < rows; r++)
      for (let c = 0, from = (order?.[r] ?? r) * rowStep; c < outputs; c++, from += columnStep)
        values[r * outputs + c] = alpha * matrix.values[from]!;
    return values;
  });
  return { input, kernel, outputs };
}

/** The layer's output has as many axes as its input. */
function emitDense(context: OnnxContext, node: Node, { input, kernel }: Dense, roles: WeightRoles): View {
  const placed = context.emit('dense', node.name, [asVector(context, input)], {}, { kernel, ...roles });
  const { axes, ...view } = vectorView(context, placed);
  const single = input.axes.slice(1, -1);
  return { ...view, axes: [axes[0]!, ...single, axes[1]!] };
}

export function batchNorm(context: OnnxContext, node: Node): Value {
  if (intAttr(node, 'training_mode', 0) || node.outputs.slice(1).some(Boolean))
    throw refuse(node, 'normalises by its batch. Export the model for inference (eval mode).');
  if (intAttr(node, 'spatial', 1) !== 1) throw refuse(node, 'normalises every position on its own.');
  const read = context.view(node, 0);
  let input = read.axes.length === 4 ? onMap(context, read, node) : read;
  const roles = ['gamma', 'beta', 'mean', 'variance'] as const;
  const weights: WeightRoles = {};
  for (const [i, role] of roles.entries()) {
    const constant = context.constant(node, i + 1);
    if (constant.values.length !== extentOf(input.axes[1] ?? []))
      throw invalid(`${node.where} has weights [${constant.shape}] for [${shapeOf(input)}].`);
    const sides = input.axes.slice(1).map((_, at) => (at === 0 ? constant.values.length : 1));
    const { view, values } = alongChannels(context, input, { ...constant, shape: sides }, node);
    input = view;
    const plain = values.every((value, at) => value === constant.values[at]);
    weights[role] = context.weight(
      plain ? `${constant.name}#vector` : `${node.name}#${role}`,
      [values.length],
      () => values,
    );
  }
  const epsilon = floatAttr(node, 'epsilon', 1e-5);
  const placed = context.emit('batchNorm', node.name, [input], { epsilon }, weights);
  return { ...input, ...placed };
}

/** LRN over channels: x / (bias + alpha / size · Σ x²)^beta. */
export function lrn(context: OnnxContext, node: Node): Value {
  const size = intAttr(node, 'size', 0);
  if (size < 1 || size % 2 !== 1 || size > maxExtent)
    throw refuse(node, `normalises over ${size} channels; only an odd number is supported.`);
  const attrs = {
    size,
    alpha: floatAttr(node, 'alpha', 1e-4),
    beta: floatAttr(node, 'beta', 0.75),
    bias: floatAttr(node, 'bias', 1),
  };
  const map = asMap(context, context.view(node, 0), node);
  return mapView(context, context.emit('lrn', node.name, [map], attrs));
}
