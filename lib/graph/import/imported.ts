// The end of every import: a graph as read → the same without what belongs to the recipe, the recipe, and taps.

import type { Graph } from '../graph.ts';
import { composeRecipe, takeInputAffine } from '../input-affine.ts';
import { unsupported } from '../problems.ts';
import type { Recipe } from '../recipe.ts';
import { tapsOf } from '../taps.ts';

export interface ImportOptions {
  /** How the model's own input is fed, where the caller knows; the rest is read from the model or assumed. */
  recipe?: Partial<Recipe>;
}

export interface Imported {
  graph: Graph;
  recipe: Recipe;
  /** What was assumed or changed, in sentences for a person. */
  notes: string[];
}

/** How pixels become inputs, where nobody says. */
export interface AssumedRange {
  mean: [number, number, number];
  scale: [number, number, number];
  words: string;
}

/** Input side assumed where neither the model nor the caller says one. */
export const assumedSize = 224;

/**
 * Moves constant factors and summands at the input into the recipe, completes the recipe, and names the taps.
 *
 * @param size the model's own input side, undefined if it leaves it open
 * @param assumed the range of a model without a factor at its input
 * @throws HeadwaterError `unsupported-graph`
 */
export function finishImport(
  raw: Graph,
  size: number | undefined,
  options: ImportOptions,
  assumed: AssumedRange,
): Imported {
  if (raw.input.channels !== 3)
    throw unsupported(
      `The model takes ${raw.input.channels} channels; only colour images (3) are supported.`,
    );
  const notes: string[] = [];
  const { graph, affine } = takeInputAffine(raw);
  const range = affine ? rangeOf(affine.factor[0]!) : assumed;
  const asked = sourceRecipe(options.recipe ?? {}, size, range, notes);
  const recipe = affine ? composeRecipe(asked, affine) : asked;
  if (affine) notes.push('A constant factor or summand at the input was moved into the recipe.');
  return { graph: { ...graph, taps: tapsOf(graph, recipe.size) }, recipe, notes };
}

/** The recipe of the model's own input, before a factor at the input is taken into it. */
function sourceRecipe(
  given: Partial<Recipe>,
  size: number | undefined,
  range: AssumedRange,
  notes: string[],
): Recipe {
  const side = given.size ?? size ?? assumedSize;
  if (given.size === undefined && size === undefined)
    notes.push(`The model leaves its input size open: ${assumedSize} pixels are assumed.`);
  if (!(given.scale && given.mean))
    notes.push(`Nothing says how pixels become inputs: ${range.words} is assumed.`);
  return {
    size: side,
    fit: given.fit ?? 'stretch',
    channelOrder: given.channelOrder ?? 'rgb',
    mean: given.mean ?? range.mean,
    scale: given.scale ?? range.scale,
  };
}

/** A small factor at the input expects raw pixels; any other, 0..1. */
function rangeOf(factor: number): AssumedRange {
  if (Math.abs(factor) < 0.1) return { mean: [0, 0, 0], scale: [1, 1, 1], words: 'the pixel as it is' };
  return { mean: [0, 0, 0], scale: [1 / 255, 1 / 255, 1 / 255], words: 'pixel / 255' };
}
