// Small questions that every pass asks about a graph's edges.

import type { Graph, Op, Weight } from './graph.ts';

/** Ops by name. */
export const opsByName = (graph: Graph): Map<string, Op> => new Map(graph.ops.map((op) => [op.name, op]));

/** For every name that is read, the ops that read it (once per input that does). */
export function consumersOf(graph: Graph): Map<string, Op[]> {
  const consumers = new Map<string, Op[]>();
  for (const op of graph.ops)
    for (const input of op.inputs) {
      const list = consumers.get(input);
      if (list) list.push(op);
      else consumers.set(input, [op]);
    }
  return consumers;
}

/** Names of the ops that nobody reads: the graph's outputs. */
export function outputsOf(graph: Graph): string[] {
  const read = new Set(graph.ops.flatMap((op) => op.inputs));
  return graph.ops.filter((op) => !read.has(op.name)).map((op) => op.name);
}

/** The graph with the ops given, the weights that they name, and the taps that still exist. */
export function withOps(graph: Graph, ops: Op[], weights: Map<string, Weight> = graph.weights): Graph {
  const used = new Set(ops.flatMap((op) => Object.values(op.weights)));
  const names = new Set(ops.map((op) => op.name));
  return {
    ops,
    input: graph.input,
    taps: Object.fromEntries(Object.entries(graph.taps).filter(([, tap]) => names.has(tap.op))),
    weights: new Map([...weights].filter(([name]) => used.has(name))),
  };
}
