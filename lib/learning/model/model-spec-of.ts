// From a graph to what is trained: cut at the place where the code is read, weights in float32, and a place in the flat
// array for each number that moves. Pure.

import { HeadwaterError } from '../../errors/index.ts';
import {
  cutAtTaps,
  type Graph,
  type Op,
  removeIdentities,
  shapeAfter,
  type Tap,
  type Weight,
  weightValues,
} from '../../graph/index.ts';
import { layerDepths } from './layer-depths.ts';
import type { ModelSpec, ParameterSlot, StatisticsSlot } from './model-spec.ts';

export interface ModelOptions {
  /** Of one input: [h, w, c]. */
  inputShape: [number, number, number];
  /** Where the code is read that the head is put on. */
  output: Tap;
  classes: number;
  loss: ModelSpec['loss'];
  batchNorm: ModelSpec['batchNorm'];
}

/** The weights of an op that move, in the order of their slots. */
const moving = ['kernel', 'bias', 'gamma', 'beta', 'constant'] as const;

/**
 * The trainable part of a network with a linear head on `output`. Every op with weights moves; slots are in the order of
 * the ops, the head's weight [classes, dims] and bias [classes] last.
 *
 * @param graph a whole network, or what `tailAfterTap` gives; batch-norm as it is, quantised weights allowed
 * @throws HeadwaterError `unsupported-graph` for a tap that the graph does not have, a size that does not fit, or a layer
 * that has no gradient here
 */
export function modelSpec(graph: Graph, options: ModelOptions): ModelSpec {
  const { inputShape, output, classes, loss, batchNorm } = options;
  const cut = cutAtTaps(graph, [output]);
  const trained = inFloat32(removeIdentities(cut.graph));
  for (const op of trained.ops) checkTrainable(op);
  const read = cut.outputs[0]!;
  const shape = shapesOf(trained, inputShape).get(read)!;
  const dims = output.pooling === 'avg' ? shape.at(-1)! : shape.reduce((a, b) => a * b, 1);
  const slots = [...slotsOf(trained), ...headSlotsOf(classes, dims)];
  const parameterCount = place(slots);
  const statisticsSlots = batchNorm === 'batch' ? statisticsOf(trained) : [];
  return {
    graph: trained,
    inputShape,
    output: { op: read, pooling: output.pooling },
    classes,
    dims,
    loss,
    batchNorm,
    slots,
    parameterCount,
    statisticsSlots,
    statisticsCount: statisticsSlots.reduce((sum, { channels }) => sum + 2 * channels, 0),
  };
}

/** Where the head's weight [classes, dims] and bias [classes] lie. */
export function headSlots(spec: ModelSpec): { weight: ParameterSlot; bias: ParameterSlot } {
  const [weight, bias] = spec.slots.slice(-2) as [ParameterSlot, ParameterSlot];
  return { weight, bias };
}

/** Output shapes by op for an input [h, w, c], the input's own included. */
function shapesOf(graph: Graph, inputShape: readonly number[]): Map<string, number[]> {
  const shapes = new Map<string, number[]>([[graph.input.name, [...inputShape]]]);
  for (const op of graph.ops) {
    const inputs = op.inputs.map((name) => shapes.get(name)!);
    shapes.set(op.name, shapeAfter(graph, op, inputs, inputShape[0]!));
  }
  return shapes;
}

function inFloat32(graph: Graph): Graph {
  const float = (weight: Weight): Weight =>
    weight.kind === 'float32' ? weight : { kind: 'float32', shape: weight.shape, data: weightValues(weight) };
  return { ...graph, weights: new Map([...graph.weights].map(([name, weight]) => [name, float(weight)])) };
}

function checkTrainable(op: Op): void {
  const { axis = -1, size = 5 } = op.attrs;
  const why =
    op.op === 'softmax' && axis !== -1
      ? 'only a softmax over channels can'
      : op.op === 'lrn' && size % 2 === 0
        ? 'its window must be odd'
        : undefined;
  if (!why) return;
  throw new HeadwaterError(
    'unsupported-graph',
    `Layer "${op.name}" (${op.op}) cannot be trained through: ${why}. Fine-tune from a tap after it, or train with strategy linear.`,
    { layer: op.name },
  );
}

/** Slots without their offsets. A weight that two ops share has one slot. */
function slotsOf(graph: Graph): ParameterSlot[] {
  const depths = layerDepths(graph);
  const slots = new Map<string, ParameterSlot>();
  for (const op of graph.ops)
    for (const role of moving) {
      const name = op.weights[role];
      if (name === undefined || slots.has(name)) continue;
      const { shape } = graph.weights.get(name)!;
      slots.set(name, slot(name, op.name, role, shape, depths.get(op.name)!));
    }
  return [...slots.values()];
}

function headSlotsOf(classes: number, dims: number): ParameterSlot[] {
  return [
    slot('head.weight', 'head', 'kernel', [classes, dims], 0),
    slot('head.bias', 'head', 'bias', [classes], 0),
  ];
}

function slot(
  name: string,
  op: string,
  role: ParameterSlot['role'],
  shape: number[],
  depth: number,
): ParameterSlot {
  const length = shape.reduce((a, b) => a * b, 1);
  return { name, op, role, shape, offset: 0, length, depth, decays: role === 'kernel' };
}

/** Gives each slot its offset; returns how many numbers there are. */
function place(slots: ParameterSlot[]): number {
  let offset = 0;
  for (const each of slots) {
    each.offset = offset;
    offset += each.length;
  }
  return offset;
}

function statisticsOf(graph: Graph): StatisticsSlot[] {
  let offset = 0;
  return graph.ops
    .filter((op) => op.op === 'batchNorm')
    .map((op) => {
      const channels = graph.weights.get(op.weights.mean!)!.data.length;
      const statistics = { op: op.name, offset, channels };
      offset += 2 * channels;
      return statistics;
    });
}
