// Values that must share one scale, so that sums, pools and concatenations add, compare and move integers as they are:
// chains of residual sums and the branches of a concatenation with everything that only moves them.

import type { Graph, Op } from '../../graph/index.ts';
import { pictureOf } from '../lower/layout.ts';
import type { Prepared } from '../lower/prepare.ts';

/** Ops that move numbers, or choose between them. */
const moving: ReadonlySet<string> = new Set([
  'maxPool',
  'avgPool',
  'concat',
  'pad',
  'flatten',
  'reshape',
  'dropout',
  'channelShuffle',
  'channelSlice',
]);

/** Convolutions and dense layers: they multiply integers and scale the sum as their output wants it. */
export const isLayer = (op: Op): boolean => op.op === 'conv2d' || op.op === 'dense';

/** Whether an op is a sum of two values of one shape, which integers can make. */
const isPlainSum = (op: Op, shapes: Prepared['shapes']): boolean =>
  op.op === 'add' &&
  op.inputs.length === 2 &&
  op.inputs.every((name) => String(pictureOf(shapes.get(name)!)) === String(pictureOf(shapes.get(op.name)!)));

/** Values that are made in float32: by ops without an integer kernel, and by what only moves such values. */
export function floatValues({ graph, shapes }: Pick<Prepared, 'graph' | 'shapes'>): ReadonlySet<string> {
  const floats = new Set<string>();
  for (const op of graph.ops) {
    if (isLayer(op)) continue;
    // A pad with another number than zero is set in float32.
    const follows = (moving.has(op.op) && !op.attrs.value) || isPlainSum(op, shapes);
    if (!follows || op.inputs.every((name) => floats.has(name))) floats.add(op.name);
  }
  return floats;
}

/** Ops that add integers: sums, and convolutions that add to their own. */
export const addsIntegers = (op: Op, floats: ReadonlySet<string>): boolean =>
  (op.op === 'add' && !floats.has(op.name)) || (op.op === 'conv2d' && op.inputs.length === 2);

/** Names of values, in the graph's order, by what must share one scale. A value is in one group. */
export function groupsOf(graph: Graph, floats: ReadonlySet<string>): string[][] {
  const parents = new Map<string, string>();
  const root = (name: string): string => {
    let top = name;
    for (let parent = parents.get(top); parent !== undefined && parent !== top; parent = parents.get(top))
      top = parent;
    if (top !== name) parents.set(name, top);
    return top;
  };
  const tie = (a: string, b: string) => parents.set(root(b), root(a));
  for (const op of graph.ops) {
    if (floats.has(op.name)) continue;
    const tied = isLayer(op) ? op.inputs.slice(1) : op.inputs;
    for (const name of tied) tie(name, op.name);
  }
  const groups = new Map<string, string[]>();
  for (const name of [graph.input.name, ...graph.ops.map((op) => op.name)]) {
    const members = groups.get(root(name));
    if (members) members.push(name);
    else groups.set(root(name), [name]);
  }
  return [...groups.values()];
}
