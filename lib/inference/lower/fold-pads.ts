// A pad with zeros before a convolution is that convolution's own padding (Keras writes it so before every stride of
// two); as an op it would copy the picture.

import { consumersOf, type Graph, type Op, opsByName, withOps } from '../../graph/index.ts';

/** Moves pads into the convolutions that read them; a pad that anything else reads stays for it. */
export function foldPads(graph: Graph, outputs: readonly string[]): Graph {
  const byName = opsByName(graph);
  const ops = graph.ops.map((op) => folded(op, byName.get(op.inputs[0]!)));
  const read = consumersOf({ ...graph, ops });
  return withOps(
    graph,
    ops.filter((op) => op.op !== 'pad' || read.has(op.name) || outputs.includes(op.name)),
  );
}

function folded(op: Op, pad: Op | undefined): Op {
  const own = op.attrs.padding ?? 'valid';
  const outer = pad?.attrs.padding;
  if (op.op !== 'conv2d' || pad?.op !== 'pad' || pad.attrs.value || own === 'same') return op;
  if (typeof outer !== 'object') return op;
  const inner = own === 'valid' ? { top: 0, right: 0, bottom: 0, left: 0 } : own;
  const padding = {
    top: inner.top + outer.top,
    right: inner.right + outer.right,
    bottom: inner.bottom + outer.bottom,
    left: inner.left + outer.left,
  };
  return { ...op, inputs: [pad.inputs[0]!], attrs: { ...op.attrs, padding } };
}
