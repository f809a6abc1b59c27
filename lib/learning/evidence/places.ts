// Where statistics of a network's activations are compared: for each rung of the ladder the values that the last batch-norm
// before it reads, whose mean and variance over the original training data stand in the network itself. Where batch-norm
// has been folded away, it is what the last convolution gives, before the activation.

import { type Card, type Graph, type Op, opsByName, type Tap, weightValues } from '../../graph/index.ts';
import type { ChannelStatistics } from './channel-statistics.ts';
import { ladderTaps, type Rung } from './ladder.ts';

export interface Place {
  rung: Rung;
  /** Names the place in a file of reference statistics. */
  name: string;
  /** Unpooled. */
  tap: Tap;
  /** What the batch-norm there keeps; undefined where there is none. */
  kept?: ChannelStatistics;
}

/** Places in ascending depth: those with statistics of their own if at least half of the rungs have such, else all. */
export function statisticsPlaces(graph: Graph, card: Card): Place[] {
  const ops = opsByName(graph);
  const rungs = ladderTaps(graph, card);
  const norms = once(rungs.flatMap((rung) => placeBefore(graph, ops, rung, 'batchNorm') ?? []));
  if (2 * norms.length >= rungs.length) return norms;
  return once(rungs.flatMap((rung) => placeBefore(graph, ops, rung, 'conv2d') ?? []));
}

function placeBefore(
  graph: Graph,
  ops: Map<string, Op>,
  rung: Rung,
  kind: 'batchNorm' | 'conv2d',
): Place | undefined {
  let op = ops.get(rung.tap.op);
  while (op && op.op !== kind) op = ops.get(op.inputs[0]!);
  if (op?.op !== kind) return undefined;
  if (kind === 'conv2d')
    return { rung, name: `${op.name}:pre`, tap: { op: op.name, pooling: 'none', pre: true } };
  const kept = keptBy(graph, op);
  const name = op.inputs[0]!;
  return kept && ops.has(name) ? { rung, name, tap: { op: name, pooling: 'none' }, kept } : undefined;
}

/** Nothing where mean and variance were never learnt: all 0 and 1. */
function keptBy(graph: Graph, { weights }: Op): ChannelStatistics | undefined {
  const mean = Float64Array.from(weightValues(graph.weights.get(weights.mean!)!));
  const variance = Float64Array.from(weightValues(graph.weights.get(weights.variance!)!));
  const isFresh = mean.every((value) => value === 0) && variance.every((value) => value === 1);
  return isFresh ? undefined : { mean, variance };
}

function once(places: Place[]): Place[] {
  return places.filter(({ name }, i) => places.findIndex((other) => other.name === name) === i);
}
