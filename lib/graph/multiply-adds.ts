// What a graph costs: multiply-adds of its convolutions and dense layers, the figure that papers give.

import type { Graph } from './graph.ts';
import { inferShapes } from './shapes.ts';
import { sizeOf, weightOf } from './weights.ts';

/** Multiply-adds of one pass over a square input of `size` pixels; pooling, adds and activations count nothing. */
export function countMultiplyAdds(graph: Graph, size: number): number {
  const shapes = inferShapes(graph, size);
  let total = 0;
  for (const op of graph.ops) {
    if (op.op !== 'conv2d' && op.op !== 'dense') continue;
    const { shape: kernel } = weightOf(graph, op.weights.kernel, op.name);
    const [h, w] = op.op === 'conv2d' ? shapes.get(op.name)! : [1, 1];
    total += h! * w! * sizeOf(kernel);
  }
  return total;
}
