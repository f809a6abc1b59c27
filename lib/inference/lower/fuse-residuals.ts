// A sum of a convolution and something that is already there is computed where the convolution writes.

import type { Op } from '../../graph/index.ts';
import { isDepthwise } from './kinds.ts';

/**
 * Merges every `add` of two equal shapes into the later of the two, if that is a convolution without activation which
 * nobody else reads: it becomes a conv2d with two inputs, under the sum's name and with its activation.
 */
export function fuseResiduals(
  ops: readonly Op[],
  shapes: ReadonlyMap<string, number[]>,
  outputs: readonly string[],
): Op[] {
  const order = new Map(ops.map((op, i) => [op.name, i]));
  const readers = new Map<string, number>();
  for (const name of [...outputs, ...ops.flatMap((op) => op.inputs)])
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const fused = new Map<string, Op>();
  for (const sum of ops) {
    if (sum.op !== 'add' || sum.inputs.length !== 2 || sum.inputs[0] === sum.inputs[1]) continue;
    const [other, last] = sum.inputs.toSorted((a, b) => (order.get(a) ?? -1) - (order.get(b) ?? -1));
    const conv = ops[order.get(last!) ?? -1];
    if (conv?.op !== 'conv2d' || conv.inputs.length > 1 || conv.attrs.activation) continue;
    if (readers.get(conv.name) !== 1 || isDepthwise(conv, shapes)) continue;
    if (String(shapes.get(other!)) !== String(shapes.get(conv.name))) continue;
    const attrs = sum.attrs.activation ? { ...conv.attrs, activation: sum.attrs.activation } : conv.attrs;
    fused.set(conv.name, { ...conv, name: sum.name, inputs: [conv.inputs[0]!, other!], attrs });
    fused.set(sum.name, sum);
  }
  return ops.flatMap((op) => {
    const merged = fused.get(op.name);
    return merged === op ? [] : [merged ?? op];
  });
}
