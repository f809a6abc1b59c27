// A backbone's card: what it is, where it comes from, how it wants to be fed, and where codes can be read. Stored
// with the graph, shown to people, checked on read.

import { z } from 'zod';
import { cutAtTaps } from './cut.ts';
import type { Graph } from './graph.ts';
import { countMultiplyAdds } from './multiply-adds.ts';
import { invalid } from './problems.ts';
import { type Recipe, recipeSchema } from './recipe.ts';
import { inferShapes, maxInputSide } from './shapes.ts';
import { weightBytes } from './weights.ts';

const text = z.string().min(1).max(1024);
const count = z.int().min(0);

/** A tap as the card tells of it. `multiplyAdds` is what one code costs, from pixels to this tap. */
const tapCardSchema = z.object({
  op: text,
  pooling: z.enum(['avg', 'none']),
  pre: z.boolean().optional(),
  codeLength: z.int().min(1),
  multiplyAdds: count,
});

const cardSchema = z.object({
  format: z.literal(1),
  /** Name in keys and URLs. */
  name: z.string().regex(/^[\p{L}\p{M}\p{Nd}\-_ .]{1,64}$/u),
  title: text,
  /** SPDX identifier, or `unknown`. */
  licence: text,
  /** Where the file came from, for a person. */
  origin: text,
  recipe: recipeSchema,
  /** Alias of the tap that is read when nobody names one. */
  defaultTap: text,
  taps: z.record(z.string().min(1).max(1024), tapCardSchema),
  /** Bytes of the weights as stored. */
  weightBytes: count,
  /** Number of weight values. */
  parameters: count,
  /** Input side in pixels that the figures of this card belong to. */
  size: z.int().min(1).max(maxInputSide),
});
export type Card = z.infer<typeof cardSchema>;

/** What an importer cannot read off the graph. */
export interface CardFacts {
  name: string;
  title: string;
  licence: string;
  origin: string;
  recipe: Recipe;
  /** Defaults to `final`. */
  defaultTap?: string;
}

/**
 * The card of a graph, with every tap's code length and cost at the recipe's size.
 *
 * @throws HeadwaterError `invalid-file` if a fact is missing or the default tap does not exist
 */
export function makeCard(graph: Graph, facts: CardFacts): Card {
  const { size } = facts.recipe;
  const shapes = inferShapes(graph, size);
  const taps = Object.entries(graph.taps).map(([alias, tap]) => {
    const shape = shapes.get(tap.op)!;
    const codeLength = tap.pooling === 'avg' ? shape.at(-1)! : shape.reduce((a, b) => a * b, 1);
    return [
      alias,
      { ...tap, codeLength, multiplyAdds: countMultiplyAdds(cutAtTaps(graph, [tap]).graph, size) },
    ];
  });
  const weights = [...graph.weights.values()];
  return checkCard({
    format: 1,
    ...facts,
    defaultTap: facts.defaultTap ?? 'final',
    taps: Object.fromEntries(taps),
    weightBytes: weights.reduce((sum, weight) => sum + weightBytes(weight), 0),
    parameters: weights.reduce((sum, weight) => sum + weight.data.length, 0),
    size,
  });
}

/** A card that came from outside, checked. Throws HeadwaterError `invalid-file` naming the first field at fault. */
export function checkCard(value: unknown): Card {
  const parsed = cardSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`The backbone's card is not valid: ${issue!.path.join('.')}: ${issue!.message}.`);
  }
  const card = parsed.data;
  if (!Object.hasOwn(card.taps, card.defaultTap))
    throw invalid(`The backbone's default tap "${card.defaultTap}" is not among its taps.`);
  if (!Object.hasOwn(card.taps, 'final')) throw invalid('The backbone has no tap "final".');
  return card;
}
