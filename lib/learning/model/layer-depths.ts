// How far each weighted op lies from the head, counted in layers: what learning rates fall with. A convolution and the
// batch-norm that follows it are one layer; branches that run side by side are equally far.

import { consumersOf, type Graph, type Op } from '../../graph/index.ts';

/**
 * Depth of every op with weights: 1 for the last layer before the head, growing towards the input along the longest way.
 */
export function layerDepths(graph: Graph): Map<string, number> {
  const layers = layersOf(graph);
  const consumers = consumersOf(graph);
  // Layers between an op's output and the head; readers come later in the list.
  const after = new Map<string, number>();
  const depths = new Map<string, number>();
  for (const op of graph.ops.toReversed()) {
    let below = 0;
    for (const reader of consumers.get(op.name) ?? []) {
      const sameLayer =
        layers.get(reader.name) !== undefined && layers.get(reader.name) === layers.get(op.name);
      below = Math.max(below, sameLayer ? after.get(reader.name)! - 1 : after.get(reader.name)!);
    }
    const weighted = layers.has(op.name);
    after.set(op.name, weighted ? below + 1 : below);
    if (weighted) depths.set(op.name, below + 1);
  }
  return depths;
}

/** For every op with weights, the name of the op that its layer begins with. */
function layersOf(graph: Graph): Map<string, string> {
  const layers = new Map<string, string>();
  for (const op of graph.ops) {
    if (!Object.keys(op.weights).length) continue;
    const before = isLayer(op) ? undefined : layers.get(op.inputs[0]!);
    layers.set(op.name, before ?? op.name);
  }
  return layers;
}

const isLayer = (op: Op) => op.op === 'conv2d' || op.op === 'dense';
