// Finds `final`: the last spatial activation of the trunk, before global pooling and before any layer that makes
// class scores.

import { opsByName, outputsOf } from './edges.ts';
import type { Graph, Op } from './graph.ts';
import { unsupported } from './problems.ts';
import { inferShapes } from './shapes.ts';

/** Layers that neither make nor destroy a code. */
const passive: ReadonlySet<string> = new Set(['dropout', 'softmax', 'reshape', 'flatten']);

/** Numbers of classes that published networks have and no trunk has as its width: ImageNet's 1,000 (with a background,
 *  1,001) and its 21,841 (21,843). */
const classCounts: ReadonlySet<number> = new Set([1000, 1001, 21841, 21843]);

/**
 * Name of the op whose output is `final`, for a network whose own input size is `size`.
 *
 * It walks back from the output: past everything that is no map, to the last map. If no dense or convolutional
 * layer was met on the way, although the network ends in a softmax, drops out before its last convolution or has as many
 * channels there as ImageNet has classes, that convolution makes the class scores (SqueezeNet's conv10), and `final`
 * is the map that it reads.
 *
 * @throws HeadwaterError `unsupported-graph` if there is no map between input and output.
 */
export function finalTapOp(graph: Graph, size: number): string {
  const ops = opsByName(graph);
  const shapes = inferShapes(graph, size);
  const back = (from: Op): Op | undefined =>
    ops.get(from.inputs.find((name) => isMap(shapes.get(name)!)) ?? from.inputs[0]!);
  let op = ops.get(outputsOf(graph).at(-1)!);
  let softmax = false;
  let classifier = false;
  while (op && (passive.has(op.op) || !isMap(shapes.get(op.name)!))) {
    softmax ||= op.op === 'softmax';
    classifier ||= op.op === 'dense' || (op.op === 'conv2d' && !isMap(shapes.get(op.inputs[0]!)!));
    op = back(op);
  }
  if (!op)
    throw unsupported('The network has no layer with a spatial output, so no place to read a code at.');
  if (classifier) return op.name;
  const scores = scoringConv(op, back);
  let before = scores && back(scores);
  const asClasses = classCounts.has(shapes.get(op.name)!.at(-1)!);
  if (!softmax && before?.op !== 'dropout' && !asClasses) return op.name;
  while (before && passive.has(before.op)) before = back(before);
  return (before ?? op).name;
}

/** The convolution that `op` is, or whose batch-norm and activation it is. */
function scoringConv(op: Op, back: (op: Op) => Op | undefined): Op | undefined {
  let at: Op | undefined = op;
  while (at?.op === 'activation' || at?.op === 'batchNorm') at = back(at);
  return at?.op === 'conv2d' ? at : undefined;
}

const isMap = (shape: number[]): boolean => shape.length === 3 && shape[0]! * shape[1]! > 1;
