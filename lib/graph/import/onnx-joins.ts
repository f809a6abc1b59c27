// What regroups, reduces, joins and splits: the view ops that cost nothing, global means, Softmax, Concat, Split.

import { invalid } from '../problems.ts';
import type { OnnxContext, Placed, Value } from './onnx-context.ts';
import { asMap, asVector, featureAxes, isChannelsLast, mapView, onMap, vectorView } from './onnx-layout.ts';
import { intAttr, intsAttr, type Node, refuse } from './onnx-nodes.ts';
import { axesOf, flattenedShape, normalAxis, reshapeTarget, sliceRange } from './onnx-shape-args.ts';
import { extentOf, reshaped, sameAtoms, shapeOf, transposed, type View } from './onnx-view.ts';

export function reshape(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  return reshaped(input, reshapeTarget(context, node, shapeOf(input)), node.where);
}

export function flatten(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  return reshaped(input, flattenedShape(node, shapeOf(input)), node.where);
}

export function transpose(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const order = intsAttr(node, 'perm') ?? input.axes.map((_, i) => input.axes.length - 1 - i);
  return transposed(input, order, node.where);
}

export function squeeze(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const axes = axesOf(context, node, input.axes.length);
  const gone = (i: number) => (axes ? axes.includes(i) : input.axes[i]!.length === 0);
  if (axes?.some((i) => input.axes[i]!.length > 0))
    throw invalid(`${node.where} squeezes an axis that is not 1.`);
  return { ...input, axes: input.axes.filter((_, i) => !gone(i)) };
}

export function unsqueeze(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const axes = axesOf(context, node, input.axes.length, true) ?? [];
  const result = [...input.axes];
  for (const axis of axes.toSorted((a, b) => a - b)) result.splice(axis, 0, []);
  return { ...input, axes: result };
}

/** The ONNX shape of a computed tensor, or a part of it. */
export function shape(context: OnnxContext, node: Node): Value {
  const all = shapeOf(context.view(node, 0));
  const sides = all.slice(intAttr(node, 'start', 0), intAttr(node, 'end', all.length));
  return {
    kind: 'constant',
    name: node.outputs[0]!,
    shape: [sides.length],
    values: Float64Array.from(sides),
    integer: true,
  };
}

export function dropout(context: OnnxContext, node: Node): Value {
  if (node.outputs.slice(1).some((name) => name && context.isRead(name)))
    throw refuse(node, 'gives its mask to another node. Export the model for inference (eval mode).');
  const input = context.view(node, 0);
  return { ...input, ...context.emit('dropout', node.name, [input]) };
}

export function globalAveragePool(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  return pooled(context, node, input, [2, 3], true);
}

/** ReduceMean over height and width. */
export function reduceMean(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const axes = axesOf(context, node, input.axes.length);
  if (!axes?.length && intAttr(node, 'noop_with_empty_axes', 0)) return input;
  return pooled(
    context,
    node,
    input,
    axes ?? input.axes.map((_, i) => i),
    intAttr(node, 'keepdims', 1) !== 0,
  );
}

/** The mean over `axes`, which must hold all of a map's height and width and nothing else. */
function pooled(context: OnnxContext, node: Node, view: View, axes: readonly number[], keep: boolean): View {
  featureAxes(context, view, node);
  const isMap = view.graphShape.length === 3 || view.axes.length !== 4;
  const input = isMap ? view : onMap(context, view, node);
  const gone = new Set(axes.flatMap((i) => input.axes[i] ?? []));
  const channels = input.storage.filter((atom) => !gone.has(atom));
  const leading = input.storage.slice(0, input.storage.length - channels.length);
  const wholeMap = input.graphShape.length === 3 && input.graphShape[2] === extentOf(channels);
  if (!wholeMap || !leading.every((atom) => gone.has(atom)) || axes.includes(0))
    throw refuse(
      node,
      `is a mean of [${shapeOf(input)}] over axes ${axes}; only height and width together are supported.`,
    );
  const placed = context.emit('globalAvgPool', node.name, [input]);
  const left = input.axes.map((atoms, i) => (axes.includes(i) ? [] : atoms));
  return {
    ...input,
    ...placed,
    storage: channels,
    axes: keep ? left : left.filter((_, i) => !axes.includes(i)),
  };
}

/** Softmax: along one axis since operator set 13, over all axes from one on before. */
export function softmax(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const rank = input.axes.length;
  const single = context.opset >= 13;
  const axis = normalAxis(node, intAttr(node, 'axis', single ? -1 : 1), rank);
  const atoms = single ? input.axes[axis]! : input.axes.slice(axis).flat();
  const last = input.storage.slice(input.storage.length - atoms.length);
  if (!atoms.every((atom) => last.includes(atom)))
    throw refuse(node, `is taken along axis ${axis} of [${shapeOf(input)}]; only channels are supported.`);
  const all = last.length === input.storage.length;
  const placed: Placed = all ? asVector(context, input) : input;
  if (placed.graphShape.at(-1) !== extentOf(last))
    throw refuse(node, `is taken along a part of the channels of [${shapeOf(input)}].`);
  return { ...input, ...context.emit('softmax', node.name, [placed], { axis: -1 }) };
}

export function concat(context: OnnxContext, node: Node): Value {
  if (node.inputs.length < 1 || node.inputs.length > 256)
    throw refuse(node, `joins ${node.inputs.length} values; 256 is the limit.`);
  const views = node.inputs.map((_, i) => context.view(node, i));
  const [head] = views as [View];
  const rank = head.axes.length;
  const axis = normalAxis(node, intAttr(node, 'axis', 1), rank);
  if (views.some((view) => view.axes.length !== rank))
    throw invalid(`${node.where} joins shapes of different ranks.`);
  if (rank === 4) {
    const last = isChannelsLast(head);
    const graphAxis = (last ? [undefined, 0, 1, -1] : [undefined, -1, 0, 1])[axis];
    if (graphAxis === undefined) throw refuse(node, 'joins along the batch.');
    const maps = views.map((view) => asMap(context, view, node, last));
    return mapView(context, context.emit('concat', node.name, maps, { axis: graphAxis }), last);
  }
  const vectors = views.map((view) => asPlainVector(context, view, node));
  if (rank !== 2 || axis !== 1)
    throw refuse(node, `joins [${shapeOf(head)}] along axis ${axis}; only channels are supported.`);
  return vectorView(context, context.emit('concat', node.name, vectors, { axis: -1 }));
}

/** A vector whose values lie in ONNX's own order. */
function asPlainVector(context: OnnxContext, view: View, node: Node): Placed {
  if (!sameAtoms(featureAxes(context, view, node).flat(), view.storage))
    throw refuse(
      node,
      'needs a flattened map in the order channels, height, width, which Headwater has no layer for.',
    );
  return asVector(context, view);
}

/** Split along the channels. */
export function split(context: OnnxContext, node: Node): Value[] {
  const input = context.view(node, 0);
  const axis = normalAxis(node, intAttr(node, 'axis', 0), input.axes.length);
  const side = extentOf(input.axes[axis]!);
  const count = node.outputs.length;
  const even = Math.ceil(side / count);
  const sizes =
    intsAttr(node, 'split') ??
    context.ints(node, 1) ??
    node.outputs.map((_, i) => Math.min(even, side - i * even));
  const sound = sizes.length === count && sizes.every((n) => Number.isInteger(n) && n > 0);
  if (!sound || sizes.reduce((a, b) => a + b, 0) !== side)
    throw invalid(`${node.where} splits ${side} into ${count} parts of [${sizes.slice(0, 8)}].`);
  let start = 0;
  return sizes.map((size, i) => {
    const name = i === 0 ? node.name : `${node.name}#${i}`;
    const part = channelSlice(context, node, name, input, axis, start, size);
    start += size;
    return part;
  });
}

/** Slice along the channels; one that takes everything is none. */
export function slice(context: OnnxContext, node: Node): Value {
  const input = context.view(node, 0);
  const all = shapeOf(input);
  const cuts = sliceRange(context, node, all).filter(
    ({ axis, from, count, step }) => from !== 0 || count !== all[axis] || step !== 1,
  );
  if (cuts.length === 0) return input;
  const [cut, ...more] = cuts;
  if (more.length || cut!.step !== 1 || cut!.count < 1)
    throw refuse(node, `takes a part of [${all}] that is no run of channels.`);
  return channelSlice(context, node, node.name, input, cut!.axis, cut!.from, cut!.count);
}

function channelSlice(
  context: OnnxContext,
  node: Node,
  name: string,
  input: View,
  axis: number,
  start: number,
  count: number,
): View {
  const last = isChannelsLast(input);
  const attrs = { start, count };
  if (input.axes.length === 4 && axis === (last ? 3 : 1))
    return mapView(
      context,
      context.emit('channelSlice', name, [asMap(context, input, node, last)], attrs),
      last,
    );
  if (input.axes.length === 2 && axis === 1)
    return vectorView(
      context,
      context.emit('channelSlice', name, [asPlainVector(context, input, node)], attrs),
    );
  throw refuse(
    node,
    `takes a part of axis ${axis} of [${shapeOf(input)}]; only channels can be taken apart.`,
  );
}
