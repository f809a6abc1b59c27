// A fine-tuned version as a backbone for others: the layers of its trunk as they are stored, its tail's behind them, one
// graph, one file. What it makes of a photo is what the version's head reads, so that a linear head on it starts there.

import type { CodeSpace, TailDocument, TapData } from '../contract/index.ts';
import { type Card, cutAtTaps, type Graph, type Op, readBackbone, type Tap, tapsOf } from '../graph/index.ts';
import type { Compile } from '../inference/index.ts';
import { type MadeBackbone, makeBackbone } from './make-backbone.ts';

/** What a version is made of. */
export interface TunedVersion {
  /** The backbone that it was trained on. */
  backbone: { graph: Graph; card: Card };
  tail: Pick<TailDocument, 'from'>;
  /** The tail's layers: the blob that its manifest names `graph`. Its default tap is where the code is read; passes may
   *  have called that layer otherwise than the backbone does. */
  tailFile: Uint8Array;
  /** Of its code space: the backbone's own, perhaps at another size. */
  recipe: CodeSpace['recipe'];
}

/** How the new backbone is called, and where it comes from, for a person. */
export interface SharedFacts {
  name: string;
  title: string;
  origin: string;
}

/**
 * The backbone that a fine-tuned version makes. Its default tap is where the version's code is read; its licence is
 * that of the backbone below.
 *
 * @param compile for golden tensors: one that gives the same bits on every CPU makes the same file there
 * @throws HeadwaterError `invalid-file` if the tail's file is damaged or no tail of this backbone
 */
export async function composeBackbone(
  { backbone, tail, tailFile, recipe }: TunedVersion,
  facts: SharedFacts,
  compile: Compile,
): Promise<MadeBackbone> {
  const { graph, card } = backbone;
  const tuned = readBackbone(tailFile);
  const joined = joinedGraph(trunkOf(graph, tail.from), tuned.graph);
  const { taps, defaultTap } = namedTaps(joined, tuned.graph.taps[tuned.card.defaultTap]!, recipe.size);
  const made = { ...facts, licence: card.licence, recipe, defaultTap };
  return makeBackbone({ ...joined, taps }, made, compile);
}

interface Trunk {
  graph: Graph;
  /** Name of the value that the tail reads. */
  output: string;
}

function trunkOf(graph: Graph, from: TapData): Trunk {
  const { input } = graph;
  if (from.op === input.name)
    return { graph: { ops: [], input, taps: {}, weights: new Map() }, output: input.name };
  const { graph: trunk, outputs } = cutAtTaps(graph, [from]);
  return { graph: trunk, output: outputs[0]! };
}

/** The tail's layers behind the trunk's. Both may have a weight of one name, if layers shared it: they no longer do. */
function joinedGraph({ graph: trunk, output }: Trunk, tail: Graph): Graph {
  const tuned = (weight: string) => (trunk.weights.has(weight) ? `${weight}#tuned` : weight);
  const behind = tail.ops.map(
    (op): Op => ({
      ...op,
      inputs: op.inputs.map((name) => (name === tail.input.name ? output : name)),
      weights: Object.fromEntries(Object.entries(op.weights).map(([role, name]) => [role, tuned(name)])),
    }),
  );
  const weights = new Map(trunk.weights);
  for (const [name, weight] of tail.weights) weights.set(tuned(name), weight);
  return { ops: [...trunk.ops, ...behind], input: trunk.input, taps: {}, weights };
}

/** Its taps by alias, and the alias of the one where the version's code is read. */
function namedTaps(graph: Graph, to: Tap, size: number): { taps: Record<string, Tap>; defaultTap: string } {
  const taps = tapsOf(graph, size);
  const isTo = ({ op, pooling, pre }: Tap) => op === to.op && pooling === to.pooling && !pre === !to.pre;
  const known = Object.keys(taps).find((alias) => isTo(taps[alias]!));
  if (known) return { taps, defaultTap: known };
  const alias = to.pre ? `${to.op}:pre` : to.op;
  return { taps: { ...taps, [alias]: to }, defaultTap: alias };
}
