// Takes out what does nothing at inference: dropout.

import { withOps } from './edges.ts';
import type { Graph } from './graph.ts';

/** The graph without dropout; its readers read what it read. */
export function removeIdentities(graph: Graph): Graph {
  const renamed = new Map<string, string>();
  const source = (name: string) => renamed.get(name) ?? name;
  const ops = [];
  for (const op of graph.ops) {
    if (op.op === 'dropout') renamed.set(op.name, source(op.inputs[0]!));
    else
      ops.push(op.inputs.some((name) => renamed.has(name)) ? { ...op, inputs: op.inputs.map(source) } : op);
  }
  return withOps(graph, ops);
}
