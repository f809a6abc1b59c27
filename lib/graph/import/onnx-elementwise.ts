// Activations, and sums and products of two values or of one and a constant.

import type { ActivationKind, OpAttrs } from '../graph.ts';
import type { OnnxContext, Placed, Value } from './onnx-context.ts';
import { alongChannels, asMap, asVector, isChannelsLast, mapView } from './onnx-layout.ts';
import { floatAttr, type Node, refuse } from './onnx-nodes.ts';
import type { Constant } from './onnx-tensors.ts';
import { layoutOf, shapeOf, type View } from './onnx-view.ts';

/** Most values that one Sum adds up. */
const maxSummands = 256;

/** An activation function by the name that it has here. */
export const activation =
  (kind: ActivationKind) =>
  (context: OnnxContext, node: Node): Value => {
    const input = context.view(node, 0);
    return { ...input, ...activated(context, node.name, input, kind) };
  };

export function leakyRelu(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const alpha = floatAttr(node, 'alpha', 0.01);
  return { ...input, ...activated(context, node.name, input, 'leakyRelu', { alpha }) };
}

function activated(
  context: OnnxContext,
  name: string,
  input: Placed,
  kind: ActivationKind,
  attrs: OpAttrs = {},
): Placed {
  return context.emit('activation', name, [input], { activation: kind, ...attrs });
}

/** Clip to [min, max]: relu6 and relu where it is one, else relu6 of a scaled and shifted input. */
export function clip(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const least = context.scalar(node, 1) ?? floatAttr(node, 'min', Number.NEGATIVE_INFINITY);
  const most = context.scalar(node, 2) ?? floatAttr(node, 'max', Number.POSITIVE_INFINITY);
  // Exporters write "no limit" as the largest float32 (float16 nets: 65504) as well as infinity.
  const open = [least <= -65504, most >= 65504];
  if (open[0] && open[1]) return input;
  if (least === 0 && most === 6) return { ...input, ...activated(context, node.name, input, 'relu6') };
  if (least === 0 && open[1]) return { ...input, ...activated(context, node.name, input, 'relu') };
  if (open[0] || !(most > least))
    throw refuse(node, `clips to ${least} … ${most}; a lower limit is needed, and a higher one above it.`);
  if (open[1]) return { ...input, ...scaledRelu(context, node, input, 'relu', 1, -least, 1, least) };
  const factor = 6 / (most - least);
  return {
    ...input,
    ...scaledRelu(context, node, input, 'relu6', factor, -least * factor, 1 / factor, least),
  };
}

/** HardSigmoid: max(0, min(1, α x + β)) = relu6(6 α x + 6 β) / 6. */
export function hardSigmoid(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const [alpha, beta] = [floatAttr(node, 'alpha', 0.2), floatAttr(node, 'beta', 0.5)];
  const usual = Math.abs(alpha - 1 / 6) < 1e-6 && beta === 0.5;
  if (usual) return { ...input, ...activated(context, node.name, input, 'hardSigmoid') };
  return { ...input, ...scaledRelu(context, node, input, 'relu6', 6 * alpha, 6 * beta, 1 / 6, 0) };
}

/** f(x · factor + shift) · scale + offset, where f is relu or relu6. */
function scaledRelu(
  context: OnnxContext,
  node: Node,
  input: Placed,
  kind: 'relu' | 'relu6',
  factor: number,
  shift: number,
  scale: number,
  offset: number,
): Placed {
  const steps: ['mul' | 'add', number][][] = [
    [
      ['mul', factor],
      ['add', shift],
    ],
    [
      ['mul', scale],
      ['add', offset],
    ],
  ].map((pair) =>
    (pair as ['mul' | 'add', number][]).filter(([op, value]) => value !== (op === 'mul' ? 1 : 0)),
  );
  let at = input;
  const name = (last: boolean, i: number) => (last ? node.name : `${node.name}#${i}`);
  for (const [i, [op, value]] of steps[0]!.entries()) at = scalarOp(context, op, name(false, i), at, value);
  at = activated(context, name(steps[1]!.length === 0, 2), at, kind);
  for (const [i, [op, value]] of steps[1]!.entries())
    at = scalarOp(context, op, name(i === steps[1]!.length - 1, 3 + i), at, value);
  return at;
}

function scalarOp(
  context: OnnxContext,
  op: 'mul' | 'add',
  name: string,
  input: Placed,
  value: number,
): Placed {
  const constant = context.weight(`${name}#constant`, [1], () => Float32Array.of(value));
  return context.emit(op, name, [input], {}, { constant });
}

/** Add, Sub, Mul and Div. */
export function binary(context: OnnxContext, node: Node): Value {
  const [a, b] = [context.value(node, 0), context.value(node, 1)];
  const op = node.op === 'Add' || node.op === 'Sub' ? 'add' : 'mul';
  const second = node.op === 'Sub' ? (v: number) => -v : node.op === 'Div' ? (v: number) => 1 / v : undefined;
  if (b.kind === 'constant') return withConstant(context, node, op, a as View, b, second);
  if (a.kind === 'constant') {
    if (node.op === 'Div') throw refuse(node, 'divides by a computed value.');
    const negated =
      node.op === 'Sub' ? { ...b, ...scalarOp(context, 'mul', `${node.name}#negated`, b, -1) } : b;
    return withConstant(context, node, op, negated, a);
  }
  if (node.op === 'Div') throw refuse(node, 'divides by a computed value.');
  if (node.op === 'Sub')
    return combined(context, node, op, a, {
      ...b,
      ...scalarOp(context, 'mul', `${node.name}#negated`, b, -1),
    });
  return (
    (op === 'mul' && (gated(context, node, a, b) ?? gated(context, node, b, a))) ||
    combined(context, node, op, a, b)
  );
}

/** Sum of any number of computed values. */
export function sum(context: OnnxContext, node: Node): Value {
  if (node.inputs.length > maxSummands) throw refuse(node, `adds more than ${maxSummands} values.`);
  const last = node.inputs.length - 1;
  let total = context.view(node, 0);
  for (let i = 1; i <= last; i++) {
    const step = i === last ? node : { ...node, name: `${node.name}#${i}` };
    total = combined(context, step, 'add', total, context.view(node, i));
  }
  return total;
}

function withConstant(
  context: OnnxContext,
  node: Node,
  op: 'add' | 'mul',
  input: View,
  constant: Constant,
  change: (value: number) => number = (v) => v,
): View {
  const { view, values } = alongChannels(context, input, constant, node);
  const weight = context.weight(`${node.name}#constant`, [values.length], () => values.map(change));
  return { ...view, ...context.emit(op, node.name, [view], {}, { constant: weight }) };
}

const gates: Partial<Record<ActivationKind, ActivationKind>> = { sigmoid: 'swish', hardSigmoid: 'hardSwish' };

/** x · sigmoid(x) is swish, x · hardSigmoid(x) hardSwish: one op each. Undefined if `gate` is nothing of the kind. */
function gated(context: OnnxContext, node: Node, x: View, gate: View): View | undefined {
  const op = context.ops.get(gate.op);
  const kind = op?.op === 'activation' ? gates[op.attrs.activation!] : undefined;
  if (
    !kind ||
    op!.inputs[0] !== x.op ||
    String(shapeOf(x)) !== String(shapeOf(gate)) ||
    layoutOf(x) !== layoutOf(gate)
  )
    return undefined;
  return { ...x, ...activated(context, node.name, x, kind) };
}

/** Two computed values, broadcast against each other. */
function combined(context: OnnxContext, node: Node, op: 'add' | 'mul', a: View, b: View): View {
  const shapes = [shapeOf(a), shapeOf(b)];
  if (String(shapes[0]) === String(shapes[1]) && layoutOf(a) === layoutOf(b)) {
    if (String(a.graphShape) === String(b.graphShape))
      return { ...a, ...context.emit(op, node.name, [a, b]) };
    if (a.axes.length !== 4)
      return { ...a, ...context.emit(op, node.name, [asVector(context, a), asVector(context, b)]) };
  }
  if (a.axes.length !== 4 || b.axes.length !== 4)
    throw refuse(
      node,
      `combines [${shapes[0]}] and [${shapes[1]}], which do not lie alike; only images are broadcast.`,
    );
  const last = isChannelsLast(a.storage.length >= b.storage.length ? a : b);
  const maps = [asMap(context, a, node, last), asMap(context, b, node, last)];
  return mapView(context, context.emit(op, node.name, maps), last);
}
