// The passes in the order in which a plan wants them: cut, drop what does nothing, fold, fuse.

import { type Cut, cutAtTaps } from './cut.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { fuseActivations } from './fuse-activations.ts';
import type { Graph, Tap } from './graph.ts';
import { removeIdentities } from './remove-identities.ts';

/**
 * The smallest equivalent graph for some taps. `outputs[i]` is the op that tap i reads; the tap's pooling is left
 * to the caller.
 */
export function optimise(graph: Graph, taps: readonly Tap[]): Cut {
  const { graph: cut, outputs } = cutAtTaps(graph, taps);
  return { graph: fuseActivations(foldBatchNorm(removeIdentities(cut), outputs), outputs), outputs };
}
