// Which kernels a convolution takes.

import type { Graph, Op } from '../../graph/index.ts';

/** Whether an op is a convolution over the picture itself, which multiplies columns (first-conv.ts). */
export const takesColumns = (graph: Graph, op: Op): boolean =>
  op.op === 'conv2d' && op.inputs[0] === graph.input.name && (op.attrs.groups ?? 1) === 1;

/** Whether a convolution has one channel of input and of output a group (depthwise.ts). */
export function isDepthwise(op: Op, shapes: ReadonlyMap<string, number[]>): boolean {
  const groups = op.attrs.groups ?? 1;
  const [from, to] = [shapes.get(op.inputs[0]!)!, shapes.get(op.name)!];
  return op.op === 'conv2d' && groups > 1 && groups === from.at(-1) && groups === to.at(-1);
}
