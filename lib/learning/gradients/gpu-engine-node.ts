// Training on a GPU: a whole batch at once where its memory holds it, since a GPU is fast on large work only.

import { shapeAfter } from '../../graph/index.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { startGpuProcess } from './gpu-process-node.ts';
import type { StartEngine } from './gradient-engine.ts';
import { startShardEngine } from './shard-engine.ts';

/** Of a GPU's memory for the activations of one shard: what the smallest that one would train on has to spare. */
const maxActivationBytes = 2 * 1024 ** 3;
/** Largest batch that a training may ask for. */
const mostExamples = 256;
/** Each activation is kept for the way back, beside its gradient. */
const copies = 2;

/**
 * @param name of the adapter
 * @param env of the process that trains: where the driver is found
 */
export function gpuEngine(name: string, env: Record<string, string | undefined>): StartEngine {
  return (spec, { microBatch }) =>
    startShardEngine(spec, {
      device: { kind: 'gpu', name },
      shardSize: Math.max(microBatch, examplesAtOnce(spec)),
      computers: 1,
      startComputer: () => startGpuProcess(spec, env),
    });
}

/** How many examples' activations fit; no more than a batch may have. */
export function examplesAtOnce({ graph, inputShape }: ModelSpec): number {
  const shapes = new Map<string, number[]>([[graph.input.name, [...inputShape]]]);
  for (const op of graph.ops) {
    const inputs = op.inputs.map((name) => shapes.get(name)!);
    shapes.set(op.name, shapeAfter(graph, op, inputs, inputShape[0]));
  }
  let values = 0;
  for (const shape of shapes.values()) values += shape.reduce((a, b) => a * b, 1);
  const bytes = values * Float32Array.BYTES_PER_ELEMENT * copies;
  return Math.min(mostExamples, Math.max(1, Math.floor(maxActivationBytes / bytes)));
}
