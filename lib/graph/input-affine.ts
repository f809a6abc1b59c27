// Constant factors and summands right at the input belong to the preprocessing recipe: left in the graph, inputs
// would be normalised twice as soon as someone reads only one of the two.

import { consumersOf, opsByName, withOps } from './edges.ts';
import { channelAffine } from './fold-batch-norm.ts';
import type { Graph } from './graph.ts';
import type { Recipe } from './recipe.ts';

/** value = factor × input + offset, per channel. */
export interface InputAffine {
  factor: number[];
  offset: number[];
}

/** Takes `mul` and `add` with a constant off the input, as long as nothing else reads what they read. */
export function takeInputAffine(graph: Graph): { graph: Graph; affine: InputAffine | undefined } {
  const { channels, name } = graph.input;
  const byName = opsByName(graph);
  const consumers = consumersOf(graph);
  const taken = new Set<string>();
  let affine: InputAffine | undefined;
  let at = name;
  for (;;) {
    const readers = consumers.get(at) ?? [];
    const op = readers.length === 1 ? byName.get(readers[0]!.name) : undefined;
    const step = op && (op.op === 'mul' || op.op === 'add') ? channelAffine(graph, op, channels) : undefined;
    if (!op || !step || !consumers.has(op.name)) break;
    const before: InputAffine = affine ?? {
      factor: Array(channels).fill(1),
      offset: Array(channels).fill(0),
    };
    affine = {
      factor: before.factor.map((f, c) => f * step.scale[c]!),
      offset: before.offset.map((o, c) => o * step.scale[c]! + step.shift[c]!),
    };
    taken.add(op.name);
    at = op.name;
  }
  const ops = graph.ops
    .filter((op) => !taken.has(op.name))
    .map((op) => ({ ...op, inputs: op.inputs.map((input) => (taken.has(input) ? name : input)) }));
  return { graph: withOps(graph, ops), affine };
}

/** The recipe that gives factor × ((pixel − mean) × scale) + offset in one step. A factor of 0 is left alone. */
export function composeRecipe(recipe: Recipe, { factor, offset }: InputAffine): Recipe {
  const scale = recipe.scale.map((s, c) => s * factor[c]!);
  const mean = recipe.mean.map((m, c) => m - offset[c]! / scale[c]!);
  return { ...recipe, scale: triple(scale), mean: triple(mean) };
}

/** Rounds away the last bits of a composition, so that 127.49999999999999 is stored as 127.5. */
function triple(values: number[]): [number, number, number] {
  const [a = 0, b = 0, c = 0] = values.map((v) => Number(v.toPrecision(15)));
  return [a, b, c];
}
