// Which values of a graph statistics are taken of: all that a plan of any taps can hold, in the order of the graph.

import { consumersOf, type Graph, type Op, type Tap } from '../../graph/index.ts';

export interface MeasuredValue {
  /** As in `Quantisation.values`. */
  name: string;
  /** Where a plan shows it; undefined for the picture itself. */
  tap: Tap | undefined;
  /** A convolution or dense layer reads it, perhaps through a pad: its error has to be corrected for the mean. */
  hasMean: boolean;
}

/** The values of `graph` that quantising needs to know of. The input comes first. */
export function measuredValues(graph: Graph): MeasuredValue[] {
  const consumers = consumersOf(graph);
  const readers = (name: string): Op[] =>
    (consumers.get(name) ?? []).flatMap((op) =>
      op.op === 'dropout' || op.op === 'pad' ? [op, ...readers(op.name)] : [op],
    );
  const hasMean = (name: string) => readers(name).some(({ op }) => op === 'conv2d' || op === 'dense');
  const values: MeasuredValue[] = [
    { name: graph.input.name, tap: undefined, hasMean: hasMean(graph.input.name) },
  ];
  for (const { name, op, attrs } of graph.ops) {
    if (op === 'dropout' || foldsAway(op, consumers.get(name) ?? [])) continue;
    const tap: Tap = { op: name, pooling: 'none' };
    if (attrs.activation && op !== 'activation')
      values.push({ name: `${name}:pre`, tap: { ...tap, pre: true }, hasMean: false });
    values.push({ name, tap, hasMean: hasMean(name) });
  }
  return values;
}

/** Whether a plan always folds the only reader, a batch-norm, into this layer, so that its bare output is never there. */
function foldsAway(op: Op['op'], readers: Op[]): boolean {
  return (op === 'conv2d' || op === 'dense') && readers.length === 1 && readers[0]!.op === 'batchNorm';
}
