// The last passes before lowering, from graph to graph: what costs a pass over memory and can be had for nothing
// inside a convolution goes there.

import {
  type Cut,
  consumersOf,
  type Graph,
  inferShapes,
  type Op,
  optimise,
  type Tap,
  withOps,
} from '../../graph/index.ts';
import { foldPads } from './fold-pads.ts';
import { fuseResiduals } from './fuse-residuals.ts';
import { pictureOf } from './layout.ts';

/** A graph as lowering wants it. */
export interface Prepared extends Cut {
  /** Logical shapes of all values, by name. */
  shapes: ReadonlyMap<string, number[]>;
  /** Shape of what each tap gives, before pooling. */
  tapShapes: number[][];
}

/**
 * The smallest graph that gives the taps, for one input size. `outputs[i]` is the value that tap i reads.
 *
 * @throws HeadwaterError `unsupported-graph`, `invalid-file`
 */
export function prepare(graph: Graph, taps: readonly Tap[], size: number): Prepared {
  const cut = optimise(graph, taps);
  const padded = foldPads(cut.graph, cut.outputs);
  const split = { ...padded, ops: padded.ops.flatMap(splitActivation) };
  const shapes = inferShapes(split, size);
  const { ops, source } = dropMoves(split, shapes);
  const outputs = cut.outputs.map(source);
  const prepared = withOps(split, fuseResiduals(ops, shapes, outputs));
  return { graph: prepared, shapes, outputs, tapShapes: cut.outputs.map((name) => shapes.get(name)!) };
}

/** Activations that kernels compute while they write. */
const clamps: ReadonlySet<string> = new Set(['relu', 'relu6']);

/** Takes an activation that is no clamp off its op, which is then called `<name>:pre`. */
function splitActivation(op: Op): Op[] {
  const { activation, alpha, ...attrs } = op.attrs;
  if (op.op === 'activation' || !activation || clamps.has(activation)) return [op];
  const bare = `${op.name}:pre`;
  const slope = alpha === undefined ? {} : { alpha };
  return [
    { ...op, name: bare, attrs },
    { name: op.name, op: 'activation', inputs: [bare], attrs: { activation, ...slope }, weights: {} },
  ];
}

/** Drops reshapes that leave every number where it is, and dropouts; not right behind the picture, which is no value
 *  that a tap could read. */
function dropMoves(graph: Graph, shapes: ReadonlyMap<string, number[]>) {
  const renamed = new Map<string, string>();
  const source = (name: string) => renamed.get(name) ?? name;
  const ops: Op[] = [];
  for (const op of graph.ops) {
    const moves = op.op === 'dropout' || op.op === 'flatten' || op.op === 'reshape';
    if (moves && source(op.inputs[0]!) !== graph.input.name && staysInPlace(op, shapes))
      renamed.set(op.name, source(op.inputs[0]!));
    else ops.push({ ...op, inputs: op.inputs.map(source) });
  }
  return { ops, source };
}

function staysInPlace(op: Op, shapes: ReadonlyMap<string, number[]>): boolean {
  const [a, b] = [pictureOf(shapes.get(op.inputs[0]!)!), pictureOf(shapes.get(op.name)!)];
  return a.every((n, i) => n === b[i]);
}

/** How often each value is read, taps included. */
export function readersOf({ graph, outputs }: Pick<Prepared, 'graph' | 'outputs'>): Map<string, number> {
  const readers = new Map([...consumersOf(graph)].map(([name, ops]) => [name, ops.length]));
  for (const name of outputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
}
