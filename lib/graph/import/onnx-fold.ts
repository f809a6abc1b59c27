// Nodes whose inputs are all constants, worked out while importing: the arithmetic on shapes that exporters leave in
// the graph (Shape, Gather, Slice, Concat …), and weights that are transposed or cast before they are used.

import { invalid } from '../problems.ts';
import { sizeOf } from '../weights.ts';
import type { OnnxContext } from './onnx-context.ts';
import { intAttr, intsAttr, type Node, refuse, tensorAttr } from './onnx-nodes.ts';
import { axesOf, flattenedShape, normalAxis, reshapeTarget, sliceRange } from './onnx-shape-args.ts';
import { type Constant, isFloat, readTensor } from './onnx-tensors.ts';

type Fold = (context: OnnxContext, node: Node, inputs: (Constant | undefined)[]) => Constant;

/** Op → how its constant result is worked out. */
export const folds: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ['Identity', (_, node, inputs) => first(node, inputs)],
  ['Dropout', (_, node, inputs) => first(node, inputs)],
  ['Cast', cast],
  [
    'Reshape',
    (context, node, inputs) => reshapedTo(node, inputs, (x) => reshapeTarget(context, node, x.shape)),
  ],
  ['Flatten', (_, node, inputs) => reshapedTo(node, inputs, (x) => flattenedShape(node, x.shape))],
  ['Squeeze', squeeze],
  ['Unsqueeze', unsqueeze],
  ['Transpose', transpose],
  ['Concat', concat],
  ['Gather', gather],
  ['Slice', slice],
  ['ConstantOfShape', filled],
  ['Add', arithmetic((a, b) => a + b)],
  ['Sub', arithmetic((a, b) => a - b)],
  ['Mul', arithmetic((a, b) => a * b)],
  ['Div', arithmetic((a, b) => a / b)],
  ['Neg', pointwise((v) => -v)],
  ['Sqrt', pointwise(Math.sqrt)],
  ['Floor', pointwise(Math.floor)],
  ['Ceil', pointwise(Math.ceil)],
]);

function first(node: Node, inputs: (Constant | undefined)[]): Constant {
  const [x] = inputs;
  if (!x) throw invalid(`${node.where} has no input.`);
  return x;
}

/** A result of its own name. Integers are cut off towards zero, as integer division does. */
function result(node: Node, shape: number[], values: Float32Array | Float64Array): Constant {
  const integer = values instanceof Float64Array;
  if (integer) for (let i = 0; i < values.length; i++) values[i] = Math.trunc(values[i]!);
  return { kind: 'constant', name: node.outputs[0]!, shape, values, integer };
}

const like = (x: Constant, length: number) =>
  x.integer ? new Float64Array(length) : new Float32Array(length);

function cast(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const x = first(node, inputs);
  context.spend(x.values.length);
  const integer = !isFloat(intAttr(node, 'to', 0));
  return result(node, x.shape, integer ? Float64Array.from(x.values) : Float32Array.from(x.values));
}

function reshapedTo(
  node: Node,
  inputs: (Constant | undefined)[],
  target: (x: Constant) => number[],
): Constant {
  const x = first(node, inputs);
  const wanted = target(x);
  const known = wanted.reduce((n, side) => (side === -1 ? n : n * side), 1);
  const shape = wanted.map((side) => (side === -1 ? x.values.length / known : side));
  if (sizeOf(shape) !== x.values.length || !shape.every(Number.isInteger))
    throw invalid(`${node.where} reshapes [${x.shape}] to [${wanted.slice(0, 8)}], which does not fit.`);
  return { ...x, name: node.outputs[0]!, shape };
}

function squeeze(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const x = first(node, inputs);
  const axes = axesOf(context, node, x.shape.length);
  const shape = x.shape.filter((side, i) => (axes ? !axes.includes(i) : side !== 1));
  if (sizeOf(shape) !== x.values.length) throw invalid(`${node.where} squeezes an axis that is not 1.`);
  return { ...x, name: node.outputs[0]!, shape };
}

function unsqueeze(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const x = first(node, inputs);
  const axes = axesOf(context, node, x.shape.length, true) ?? [];
  const shape = [...x.shape];
  for (const axis of axes.toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
  return { ...x, name: node.outputs[0]!, shape };
}

function transpose(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const x = first(node, inputs);
  const rank = x.shape.length;
  const order = intsAttr(node, 'perm') ?? x.shape.map((_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order).size !== rank || !order.every((i) => i >= 0 && i < rank))
    throw invalid(`${node.where} permutes ${rank} axes by [${order.slice(0, 8)}].`);
  const strides = x.shape.map((_, i) => sizeOf(x.shape.slice(i + 1)));
  return pick(
    context,
    node,
    x,
    order.map((i) => x.shape[i]!),
    order.map((i) => strides[i]!),
  );
}

/** A result whose element at (i, j, …) is x at `start` + i · strides[0] + j · strides[1] + … */
function pick(
  context: OnnxContext,
  node: Node,
  x: Constant,
  shape: number[],
  strides: number[],
  start = 0,
): Constant {
  const length = sizeOf(shape);
  context.spend(length);
  const values = like(x, length);
  const at = shape.map(() => 0);
  let source = start;
  for (let i = 0; i < length; i++) {
    values[i] = x.values[source]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++at[axis]! < shape[axis]!) break;
      source -= strides[axis]! * shape[axis]!;
      at[axis] = 0;
    }
  }
  return result(node, shape, values);
}

function concat(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const x = first(node, inputs);
  const parts = inputs.map((part) => part ?? x);
  const axis = normalAxis(node, intAttr(node, 'axis', 1), x.shape.length);
  const fits = (part: Constant) =>
    part.integer === x.integer &&
    part.shape.length === x.shape.length &&
    part.shape.every((n, i) => i === axis || n === x.shape[i]);
  if (!parts.every(fits)) throw invalid(`${node.where} concatenates shapes that do not fit.`);
  const shape = x.shape.map((n, i) => (i === axis ? parts.reduce((sum, p) => sum + p.shape[axis]!, 0) : n));
  context.spend(sizeOf(shape));
  const values = like(x, sizeOf(shape));
  const outer = sizeOf(shape.slice(0, axis));
  let at = 0;
  for (let row = 0; row < outer; row++)
    for (const part of parts) {
      const width = part.values.length / outer;
      values.set(part.values.subarray(row * width, (row + 1) * width) as Float32Array, at);
      at += width;
    }
  return result(node, shape, values);
}

function gather(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const x = first(node, inputs);
  const indices = context.constant(node, 1);
  const axis = normalAxis(node, intAttr(node, 'axis', 0), x.shape.length);
  const [outer, inner] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const shape = [...outer, ...indices.shape, ...inner];
  context.spend(sizeOf(shape));
  const values = like(x, sizeOf(shape));
  const side = x.shape[axis]!;
  const width = sizeOf(inner);
  let at = 0;
  for (let row = 0; row < sizeOf(outer); row++)
    for (const index of indices.values) {
      const i = index < 0 ? index + side : index;
      if (!(Number.isInteger(i) && i >= 0 && i < side))
        throw invalid(`${node.where} picks element ${index} of ${side}.`);
      const start = (row * side + i) * width;
      values.set(x.values.subarray(start, start + width) as Float32Array, at);
      at += width;
    }
  return result(node, shape, values);
}

function slice(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const x = first(node, inputs);
  const strides = x.shape.map((_, i) => sizeOf(x.shape.slice(i + 1)));
  const shape = [...x.shape];
  let start = 0;
  for (const { axis, from, count, step } of sliceRange(context, node, x.shape)) {
    start += from * strides[axis]!;
    strides[axis] = strides[axis]! * step;
    shape[axis] = count;
  }
  return pick(context, node, x, shape, strides, start);
}

function filled(context: OnnxContext, node: Node, inputs: (Constant | undefined)[]): Constant {
  const shape = [...first(node, inputs).values];
  if (shape.length > 8 || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw invalid(`${node.where} fills a shape that is none.`);
  context.spend(sizeOf(shape));
  const tensor = tensorAttr(node, 'value');
  const value = tensor ? readTensor(tensor, node.name) : undefined;
  if (value && value.values.length !== 1) throw invalid(`${node.where} fills with more than one value.`);
  const values = value?.integer ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  return result(node, shape, values.fill(value?.values[0] ?? 0));
}

function pointwise(f: (v: number) => number): Fold {
  return (context, node, inputs) => {
    const x = first(node, inputs);
    context.spend(x.values.length);
    return result(node, x.shape, x.values.map(f));
  };
}

function arithmetic(f: (a: number, b: number) => number): Fold {
  return (context, node, [a, b]) => {
    if (!a || !b) throw invalid(`${node.where} takes two inputs.`);
    if (a.integer !== b.integer) throw refuse(node, 'combines whole numbers with others.');
    const rank = Math.max(a.shape.length, b.shape.length);
    const shape = Array.from({ length: rank }, (_, i) => {
      const [m, n] = [a.shape.at(i - rank) ?? 1, b.shape.at(i - rank) ?? 1];
      if (m !== n && m !== 1 && n !== 1)
        throw invalid(`${node.where} cannot combine [${a.shape}] and [${b.shape}].`);
      return m === 1 ? n : m;
    });
    const [left, right] = [a, b].map((x) => pick(context, node, x, shape, broadcastStrides(x.shape, shape)));
    for (let i = 0; i < left!.values.length; i++) left!.values[i] = f(left!.values[i]!, right!.values[i]!);
    return result(node, shape, left!.values);
  };
}

function broadcastStrides(from: number[], to: number[]): number[] {
  const own = from.map((side, i) => (side === 1 ? 0 : sizeOf(from.slice(i + 1))));
  return [...to.slice(from.length).map(() => 0), ...own];
}
