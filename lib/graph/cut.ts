// Cutting: the part of a graph that some taps need, and the part that comes after one.

import { opsByName, outputsOf, withOps } from './edges.ts';
import type { Graph, Op, Tap } from './graph.ts';
import { unsupported } from './problems.ts';

/** A cut graph and, for each tap, the name of the op whose output is read (the tap's pooling comes after). */
export interface Cut {
  graph: Graph;
  outputs: string[];
}

/**
 * What the taps need and nothing else. An activation that a `pre` tap must read before is split off its op: the
 * bare op is then called `<name>:pre`. A tap on dropout reads what dropout reads.
 *
 * @throws HeadwaterError `unsupported-graph` if a tap names no op.
 */
export function cutAtTaps(graph: Graph, taps: readonly Tap[]): Cut {
  let cut = graph;
  const outputs = taps.map((tap) => {
    const read = readAt(cut, tap);
    cut = read.graph;
    return read.output;
  });
  const needed = new Set(outputs);
  for (const op of cut.ops.toReversed())
    if (needed.has(op.name)) for (const name of op.inputs) needed.add(name);
  return {
    graph: withOps(
      cut,
      cut.ops.filter((op) => needed.has(op.name)),
    ),
    outputs,
  };
}

/**
 * The layers after a tap, as a graph whose input is the tap's output (a map: `input.channels` is its depth).
 *
 * @throws HeadwaterError `unsupported-graph` when a layer after the tap also reads one before it (a shortcut
 * round the tap): the cut would take a layer out of the middle.
 */
export function tailAfterTap(graph: Graph, tap: Tap, channels: number): Graph {
  const { graph: whole, output } = readAt(graph, tap);
  const after = new Set([output]);
  const ops: Op[] = [];
  for (const op of whole.ops) {
    if (!op.inputs.some((name) => after.has(name))) continue;
    const round = op.inputs.find((name) => !after.has(name));
    if (round !== undefined)
      throw unsupported(
        `The network cannot be cut after "${tap.op}": layer "${op.name}" also reads "${round}", which comes before the cut. Cut where no shortcut goes round, for example at "${op.name}".`,
        { tap: tap.op, layer: op.name },
      );
    after.add(op.name);
    ops.push(op);
  }
  if (!ops.some((op) => outputsOf(whole).includes(op.name)))
    throw unsupported(`Nothing comes after "${tap.op}": there is no tail to cut off.`, { tap: tap.op });
  return { ...withOps(whole, ops), input: { name: output, channels } };
}

function readAt(graph: Graph, tap: Tap): { graph: Graph; output: string } {
  const ops = opsByName(graph);
  let op = ops.get(tap.op);
  if (!op) throw unsupported(`The network has no layer "${tap.op}" to read a code at.`, { tap: tap.op });
  while (op.op === 'dropout' && ops.has(op.inputs[0]!)) op = ops.get(op.inputs[0]!)!;
  if (!tap.pre) return { graph, output: op.name };
  if (op.op === 'activation') return { graph, output: op.inputs[0]! };
  const bare = `${op.name}:pre`;
  if (ops.has(bare)) return { graph, output: bare };
  if (!op.attrs.activation) return { graph, output: op.name };
  return { graph: splitActivation(graph, op, bare), output: bare };
}

function splitActivation(graph: Graph, op: Op, bare: string): Graph {
  const { activation, alpha, ...attrs } = op.attrs;
  const slope = alpha === undefined ? {} : { alpha };
  const split: Op[] = [
    { ...op, name: bare, attrs },
    { name: op.name, op: 'activation', inputs: [bare], attrs: { activation, ...slope }, weights: {} },
  ];
  return { ...graph, ops: graph.ops.flatMap((other) => (other === op ? split : [other])) };
}
