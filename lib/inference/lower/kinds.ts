// Which kernels a convolution takes.

import type { Graph, Op } from '../../graph/index.ts';
import { sizeOf, weightOf } from '../../graph/weights.ts';
import { channelMultiple } from './layout.ts';

/** Numbers that the kernel of columns gathers for a pixel. */
const maxColumn = 4096;

/** Whether the input of a graph is a map that another plan has made, as a tail's is: its channels fill blocks, so it is
 *  a value like any other. */
export const isWideInput = ({ input }: Graph): boolean => input.channels >= channelMultiple;

/** Whether an op is a convolution over the picture itself, which multiplies columns (first-conv.ts); one over a wide
 *  input, or with a longer column, is a convolution like any other. */
export function takesColumns(graph: Graph, op: Op): boolean {
  if (op.op !== 'conv2d' || op.inputs[0] !== graph.input.name || (op.attrs.groups ?? 1) > 1) return false;
  if (isWideInput(graph)) return false;
  const { shape } = weightOf(graph, op.weights.kernel, op.name);
  return sizeOf(shape.slice(0, 3)) <= maxColumn;
}

/** Whether a convolution has one channel of input and of output a group (depthwise.ts). */
export function isDepthwise(op: Op, shapes: ReadonlyMap<string, number[]>): boolean {
  const groups = op.attrs.groups ?? 1;
  const [from, to] = [shapes.get(op.inputs[0]!)!, shapes.get(op.name)!];
  return op.op === 'conv2d' && groups > 1 && groups === from.at(-1) && groups === to.at(-1);
}
