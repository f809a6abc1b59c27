// The frame of the passes that pull a layer into the one before it (batch-norm, bias, activation). The merged
// op takes the absorbed one's name, because that is what its readers and the taps know.

import { consumersOf, withOps } from './edges.ts';
import type { Graph, Op, Weight } from './graph.ts';

/** Gives the merged op (its name is set by the caller) and adds its weights, or undefined to leave both alone. */
export type Merge = (earlier: Op, later: Op, weights: Map<string, Weight>) => Omit<Op, 'name'> | undefined;

/**
 * Merges every op into its only input where `merge` agrees. An output that anyone else reads, or that `keep`
 * names (a tap), is left standing. Chains collapse in one call.
 */
export function absorb(graph: Graph, keep: readonly string[], merge: Merge): Graph {
  const consumers = consumersOf(graph);
  const kept = new Set(keep);
  const weights = new Map(graph.weights);
  const done = new Map<string, Op>();
  for (const op of graph.ops) {
    done.set(op.name, op);
    const earlier = op.inputs.length === 1 ? done.get(op.inputs[0]!) : undefined;
    if (!earlier || kept.has(earlier.name) || consumers.get(earlier.name)!.length > 1) continue;
    const merged = merge(earlier, op, weights);
    if (!merged) continue;
    done.delete(earlier.name);
    done.set(op.name, { ...merged, name: op.name });
  }
  return withOps(graph, [...done.values()], weights);
}
