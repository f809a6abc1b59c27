// Arguments that say something about axes, read alike for constants and computed values. They moved from attributes
// to inputs between operator sets 10 and 18, at another version for every op; whichever is there is read.

import { invalid } from '../problems.ts';
import { sizeOf } from '../weights.ts';
import type { OnnxContext } from './onnx-context.ts';
import { intAttr, intsAttr, type Node } from './onnx-nodes.ts';

/** An axis counted from the front. */
export function normalAxis(node: Node, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!(Number.isInteger(at) && at >= 0 && at < rank))
    throw invalid(`${node.where} names axis ${axis} of ${rank}.`);
  return at;
}

/** Attribute or second input `axes`, counted from the front; undefined if there is neither. */
export function axesOf(context: OnnxContext, node: Node, rank: number, added = false): number[] | undefined {
  const axes = intsAttr(node, 'axes') ?? context.ints(node, 1);
  if (!axes) return undefined;
  const all = axes.map((axis) => normalAxis(node, axis, added ? rank + axes.length : rank));
  if (new Set(all).size !== all.length) throw invalid(`${node.where} names an axis twice.`);
  return all;
}

/** The sides that Reshape asks for, 0 replaced by the old side; −1 at most once stays. */
export function reshapeTarget(context: OnnxContext, node: Node, shape: readonly number[]): number[] {
  const target = intsAttr(node, 'shape') ?? context.ints(node, 1);
  if (!target || target.length > 8) throw invalid(`${node.where} does not say which shape it makes.`);
  const keepsZero = intAttr(node, 'allowzero', 0) !== 0;
  const sides = target.map((side, i) => (side === 0 && !keepsZero ? (shape[i] ?? 0) : side));
  const valid =
    sides.every((n) => Number.isSafeInteger(n) && n >= -1) && sides.filter((n) => n === -1).length <= 1;
  if (!valid) throw invalid(`${node.where} reshapes to [${target}].`);
  return sides;
}

/** The two sides that Flatten makes. */
export function flattenedShape(node: Node, shape: readonly number[]): number[] {
  const asked = intAttr(node, 'axis', 1);
  const axis = asked === shape.length ? asked : normalAxis(node, asked, shape.length);
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
}

export interface Range {
  axis: number;
  from: number;
  count: number;
  step: number;
}

/** What Slice takes of each axis that it names. */
export function sliceRange(context: OnnxContext, node: Node, shape: readonly number[]): Range[] {
  const starts = intsAttr(node, 'starts') ?? context.ints(node, 1);
  const ends = intsAttr(node, 'ends') ?? context.ints(node, 2);
  const axes = intsAttr(node, 'axes') ?? context.ints(node, 3) ?? starts?.map((_, i) => i);
  const steps = context.ints(node, 4) ?? starts?.map(() => 1);
  const same = [starts, ends, axes, steps].every((l) => l && l.length === starts?.length && l.length <= 8);
  if (!same) throw invalid(`${node.where} does not say what it takes.`);
  const used = new Set<number>();
  return starts!.map((start, i) => {
    const axis = normalAxis(node, axes![i]!, shape.length);
    if (used.has(axis)) throw invalid(`${node.where} names axis ${axis} twice.`);
    used.add(axis);
    return { axis, ...rangeOf(start, ends![i]!, steps![i]!, shape[axis]!, node) };
  });
}

/** Python's slice(start, end, step) of `side` elements. */
function rangeOf(start: number, end: number, step: number, side: number, node: Node): Omit<Range, 'axis'> {
  if (step === 0) throw invalid(`${node.where} takes steps of 0.`);
  const [least, most] = step > 0 ? [0, side] : [-1, side - 1];
  const bounded = (n: number) => Math.min(most, Math.max(least, n < 0 ? n + side : n));
  const [from, to] = [bounded(start), bounded(end)];
  return { from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}
