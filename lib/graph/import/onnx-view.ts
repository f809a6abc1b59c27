// How an ONNX tensor (NCHW, any rank) lies in a graph's value (NHWC, without the batch). Both are products of the
// same atoms: a channel axis, a row axis, or a factor of one. Reshape, Transpose, Flatten, Squeeze and Unsqueeze
// only regroup atoms, so they cost nothing; what has to move is seen, and moved or refused, by the layer that
// reads the value (onnx-layout.ts).

import { invalid, unsupported } from '../problems.ts';
import { sizeOf } from '../weights.ts';

/** A factor of an axis, told apart by identity. Sides of 1 have no atom. */
export interface Atom {
  readonly size: number;
}

/** An ONNX tensor that is computed when the network runs. */
export interface View {
  kind: 'view';
  /** The op, or the graph's input, that gives the values. */
  op: string;
  /** Shape of that op's output, without the batch. */
  graphShape: readonly number[];
  /** Atoms in the order in which the values lie, major first; the batch is left out. */
  storage: readonly Atom[];
  /** The ONNX axes, each a list of atoms, major first. */
  axes: readonly (readonly Atom[])[];
}

/** An axis of `size`. */
export const axis = (size: number): Atom[] => (size === 1 ? [] : [{ size }]);

/** Number of values along an axis, or of a list of atoms. */
export const extentOf = (atoms: readonly Atom[]): number => atoms.reduce((n, atom) => n * atom.size, 1);

/** The ONNX shape. */
export const shapeOf = (view: View): number[] => view.axes.map(extentOf);

/** Whether two lists hold the same atoms in the same order. */
export const sameAtoms = (a: readonly Atom[], b: readonly Atom[]): boolean =>
  a.length === b.length && a.every((atom, i) => atom === b[i]);

/** The view with its axes in another order: axis i of the result is axis `order[i]`. */
export function transposed(view: View, order: readonly number[], where: string): View {
  const rank = view.axes.length;
  if (order.length !== rank || new Set(order).size !== rank || !order.every((i) => i >= 0 && i < rank))
    throw invalid(`${where} permutes ${rank} axes by [${order.slice(0, 8)}].`);
  return { ...view, axes: order.map((i) => view.axes[i]!) };
}

/**
 * The view with other axes over the same values in the same ONNX order. An atom that two new axes share is split.
 *
 * @param target sides, −1 once for what is left over
 * @throws HeadwaterError `invalid-file` when the sizes do not fit; `unsupported-graph` where an axis would begin
 * inside another one in a way that has no factors
 */
export function reshaped(view: View, target: readonly number[], where: string): View {
  const total = sizeOf(shapeOf(view));
  const known = target.reduce((n, side) => (side === -1 ? n : n * side), 1);
  const sides = target.map((side) => (side === -1 ? total / known : side));
  const fits = sizeOf(sides) === total && sides.every((n) => Number.isInteger(n) && n > 0);
  if (!fits || target.filter((side) => side === -1).length > 1)
    throw invalid(`${where} reshapes [${shapeOf(view)}] to [${target.slice(0, 8)}], which does not fit.`);
  const split = new Map<Atom, Atom[]>();
  const rest = view.axes.flat();
  const axes = sides.map((side) => takeAxis(rest, side, split, where));
  return { ...view, axes, storage: view.storage.flatMap((atom) => leaves(atom, split)) };
}

/** Takes atoms worth `side` off the front of `rest`, splitting the last one if it reaches further. */
function takeAxis(rest: Atom[], side: number, split: Map<Atom, Atom[]>, where: string): Atom[] {
  const taken: Atom[] = [];
  for (let left = side; left > 1; ) {
    const atom = rest.shift();
    if (!atom) throw invalid(`${where} reshapes to more values than there are.`);
    if (left % atom.size === 0) {
      taken.push(atom);
      left /= atom.size;
      continue;
    }
    if (atom.size % left)
      throw unsupported(
        `${where} reshapes an axis of ${atom.size} so that a part of ${left} begins inside it. Only products of the old axes and their factors are supported.`,
      );
    const parts = [{ size: left }, { size: atom.size / left }];
    split.set(atom, parts);
    taken.push(parts[0]!);
    rest.unshift(parts[1]!);
    left = 1;
  }
  return taken;
}

/** What an atom has been split into, and those parts in turn. */
function leaves(atom: Atom, split: Map<Atom, Atom[]>): Atom[] {
  const parts = split.get(atom);
  return parts ? parts.flatMap((part) => leaves(part, split)) : [atom];
}

/**
 * For every position in the order of `stored`, the position of the same value in the order of `wanted`; undefined if
 * both orders are the same. The lists hold the same atoms.
 */
export function permutation(stored: readonly Atom[], wanted: readonly Atom[]): Uint32Array | undefined {
  if (sameAtoms(stored, wanted)) return undefined;
  const strides = new Map<Atom, number>();
  let stride = 1;
  for (const atom of wanted.toReversed()) {
    strides.set(atom, stride);
    stride *= atom.size;
  }
  let order = Uint32Array.of(0);
  for (const atom of stored) {
    const step = strides.get(atom)!;
    const next = new Uint32Array(order.length * atom.size);
    for (let i = 0; i < next.length; i++)
      next[i] = order[Math.floor(i / atom.size)]! + (i % atom.size) * step;
    order = next;
  }
  return order;
}

/**
 * Where the stored values go in the ONNX tensor, as text: views with the same text and graph shape lie alike, whatever
 * their atoms are called.
 */
export function layoutOf(view: View): string {
  const places = new Map<Atom, { axis: number; stride: number }>();
  for (const [i, atoms] of view.axes.entries()) {
    let stride = 1;
    for (const atom of atoms.toReversed()) {
      places.set(atom, { axis: i, stride });
      stride *= atom.size;
    }
  }
  const parts: { axis: number; stride: number; size: number }[] = [];
  for (const atom of view.storage) {
    const place = places.get(atom)!;
    const last = parts.at(-1);
    // Neighbours in storage that are neighbours in the axis are one part.
    if (last?.axis === place.axis && last.stride === place.stride * atom.size) {
      last.stride = place.stride;
      last.size *= atom.size;
    } else parts.push({ ...place, size: atom.size });
  }
  return parts.map((p) => `${p.axis}:${p.stride}x${p.size}`).join(' ');
}
