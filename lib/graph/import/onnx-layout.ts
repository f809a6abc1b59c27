// Brings a view into the form that a layer reads: a map [h, w, c], a vector [n], or a constant along the channels.
// Whatever has to move is moved by an op of the graph, or by permuting weights; the rest is refused.

import type { OnnxContext, Placed } from './onnx-context.ts';
import { type Node, refuse } from './onnx-nodes.ts';
import type { Constant } from './onnx-tensors.ts';
import {
  type Atom,
  axis,
  extentOf,
  layoutOf,
  permutation,
  sameAtoms,
  shapeOf,
  type View,
} from './onnx-view.ts';

/** The axes behind the batch. Throws `unsupported-graph` where the batch has been merged with another axis. */
export function featureAxes(context: OnnxContext, view: View, node: Node): readonly (readonly Atom[])[] {
  const [first, ...rest] = view.axes;
  if (!first || !sameAtoms(first, context.batch))
    throw refuse(
      node,
      `reads [${shapeOf(view)}], whose first axis is not the batch of ${extentOf(context.batch)}.`,
    );
  return rest;
}

/** Whether a tensor of four axes has its channels last (as TensorFlow exports some), told from how it lies. */
export function isChannelsLast(view: View): boolean {
  const last = view.storage.at(-1);
  const channels = view.axes[3];
  if (view.axes.length !== 4 || !channels || last === undefined) return false;
  return channels.includes(last) && view.graphShape.at(-1) === extentOf(channels);
}

/**
 * A tensor [n, c, h, w] as a map of the graph.
 *
 * @param channelsLast read it as [n, h, w, c] instead
 */
export function asMap(context: OnnxContext, view: View, node: Node, channelsLast = false): Placed {
  const axes = featureAxes(context, view, node);
  if (axes.length !== 3)
    throw refuse(
      node,
      `needs a tensor of four axes, but gets [${shapeOf(view)}]. Only images are supported.`,
    );
  const [c, h, w] = (channelsLast ? [axes[2], axes[0], axes[1]] : axes) as [Atom[], Atom[], Atom[]];
  const space = [...h, ...w];
  const sides = [extentOf(h), extentOf(w), extentOf(c)];
  const stored = view.storage.slice(space.length);
  if (!sameAtoms(view.storage.slice(0, space.length), space) || !stored.every((atom) => c.includes(atom)))
    throw refuse(node, 'needs values moved between space and channels, which Headwater has no layer for.');
  const map = form(context, view, 'map', (name) =>
    String(view.graphShape) === String(sides)
      ? view
      : context.emit('reshape', name, [view], {
          shape: sides[0] === 1 && sides[1] === 1 ? [1, 1, -1] : sides,
        }),
  );
  if (sameAtoms(stored, c)) return map;
  const groups = rotation(stored, c);
  if (!groups)
    throw refuse(
      node,
      'needs its channels in an order that is no channel shuffle (groups exchanged with their members).',
    );
  return form(context, view, `shuffled${groups}`, (name) =>
    context.emit('channelShuffle', name, [map], { groups }),
  );
}

/** A view of the same four axes whose values lie as a map of the graph. */
export function onMap(context: OnnxContext, view: View, node: Node, channelsLast = false): View {
  const map = asMap(context, view, node, channelsLast);
  return { ...view, op: map.op, graphShape: map.graphShape, storage: mapOrder(view, channelsLast) };
}

/** The atoms of four axes in a map's order: height, width, channels. */
export function mapOrder({ axes }: View, channelsLast: boolean): Atom[] {
  const [, a = [], b = [], c = []] = axes;
  return channelsLast ? [...a, ...b, ...c] : [...b, ...c, ...a];
}

/** The values of a view as a vector, in the order in which they lie. */
export function asVector(context: OnnxContext, view: View): Placed {
  if (view.graphShape.length === 1) return view;
  return form(context, view, 'flat', (name) => context.emit('flatten', name, [view]));
}

/** A computed tensor [n, c, h, w] that lies as the graph's map `placed`; [n, h, w, c] with `channelsLast`. */
export function mapView(context: OnnxContext, placed: Placed, channelsLast = false): View {
  const [h, w, c] = placed.graphShape.map(axis) as [Atom[], Atom[], Atom[]];
  const axes = channelsLast ? [context.batch, h, w, c] : [context.batch, c, h, w];
  return { ...placed, kind: 'view', storage: [...h, ...w, ...c], axes };
}

/** A computed tensor with the batch and one axis, that lies as the graph's vector `placed`. */
export function vectorView(context: OnnxContext, placed: Placed): View {
  const atoms = axis(placed.graphShape[0]!);
  return { ...placed, kind: 'view', storage: atoms, axes: [context.batch, atoms] };
}

/**
 * A constant that is broadcast against a view, as values along the graph's last axis; one value if it is the same
 * everywhere.
 *
 * @returns what the constant belongs to: the view, flattened where the constant has a value for each of its values
 * @throws HeadwaterError `unsupported-graph` where the constant varies over space
 */
export function alongChannels(
  context: OnnxContext,
  view: View,
  constant: Constant,
  node: Node,
): { view: View; values: Float32Array } {
  const { shape } = constant;
  const lead = view.axes.length - shape.length;
  const atoms: Atom[] = [];
  for (const [i, side] of shape.entries()) {
    if (side === 1) continue;
    const own = view.axes[lead + i];
    if (!own || extentOf(own) !== side)
      throw refuse(
        node,
        `combines [${shapeOf(view)}] with a constant [${shape}]: only one that does not make it larger is supported.`,
      );
    atoms.push(...own);
  }
  if (atoms.length === 0) return { view, values: Float32Array.from(constant.values.subarray(0, 1)) };
  const trailing = view.storage.slice(view.storage.length - atoms.length);
  if (!atoms.every((atom) => trailing.includes(atom)))
    throw refuse(
      node,
      `has a constant [${shape}] for [${shapeOf(view)}]: only one per channel is supported.`,
    );
  const whole = extentOf(trailing) !== view.graphShape.at(-1);
  if (whole && trailing.length !== view.storage.length)
    throw refuse(
      node,
      `has a constant [${shape}] for [${shapeOf(view)}]: only one per channel is supported.`,
    );
  context.spend(constant.values.length);
  const order = permutation(trailing, atoms);
  const values = order
    ? Float32Array.from(order, (i) => constant.values[i]!)
    : Float32Array.from(constant.values);
  return { view: whole ? { ...view, ...asVector(context, view) } : view, values };
}

/** Channels stored as [groups, members] and wanted as [members, groups]: the number of groups, or undefined. */
function rotation(stored: readonly Atom[], wanted: readonly Atom[]): number | undefined {
  const first = stored.indexOf(wanted[0]!);
  const turned = [...stored.slice(first), ...stored.slice(0, first)];
  return sameAtoms(turned, wanted) ? extentOf(stored.slice(0, first)) : undefined;
}

/** The op that brings this view into a form, made once for all who read it so. */
function form(context: OnnxContext, view: View, suffix: string, make: (name: string) => Placed): Placed {
  const key = `${view.op}#${suffix} ${layoutOf(view)} ${shapeOf(view)}`;
  const known = context.forms.get(key);
  if (known) return known;
  let name = `${view.op}#${suffix}`;
  while (context.ops.has(name)) name += '#';
  const made = make(name);
  context.forms.set(key, made);
  return made;
}
