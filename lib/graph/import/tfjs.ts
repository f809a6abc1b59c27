// A tfjs model, graph-model or layers-model → graph, recipe and taps.

import type { Graph } from '../graph.ts';
import { composeRecipe, takeInputAffine } from '../input-affine.ts';
import { unsupported } from '../problems.ts';
import type { Recipe } from '../recipe.ts';
import { tapsOf } from '../taps.ts';
import { object } from './json.ts';
import { importGraphModel } from './tfjs-graph-model.ts';
import { importLayersModel } from './tfjs-layers-model.ts';

/** A model as its files hold it; `weights` is every weight file joined in the manifest's order. */
export interface TfjsModel {
  modelJson: unknown;
  weights: Uint8Array;
}

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

/** Input side assumed where neither the model nor the caller says one. */
const assumedSize = 224;

/**
 * Imports a tfjs model. Weights keep the file's integers; constant factors and summands at the input move into
 * the recipe; taps are named.
 *
 * @throws HeadwaterError `unsupported-graph` (naming op and layer) or `invalid-file`
 *
 * @example const { graph, recipe } = importTfjs(await readNsfwjs('mobilenet_v2_mid'))
 */
export function importTfjs(model: TfjsModel, options: ImportOptions = {}): Imported {
  const json = object(model.modelJson, 'model.json');
  const topology = object(json.modelTopology, 'modelTopology');
  const layered = json.format === 'layers-model' || (json.format !== 'graph-model' && !topology.node);
  const { graph: raw, size } = layered
    ? importLayersModel(topology, json.weightsManifest, model.weights)
    : importGraphModel(json, model.weights);
  if (raw.input.channels !== 3)
    throw unsupported(
      `The model takes ${raw.input.channels} channels; only colour images (3) are supported.`,
    );
  const notes: string[] = [];
  const { graph, affine } = takeInputAffine(raw);
  const asked = sourceRecipe(options.recipe ?? {}, size, affine?.factor[0], notes);
  const recipe = affine ? composeRecipe(asked, affine) : asked;
  if (affine) notes.push('A constant factor or summand at the input was moved into the recipe.');
  return { graph: { ...graph, taps: tapsOf(graph, recipe.size) }, recipe, notes };
}

/** The recipe of the model's own input, before a factor at the input is taken into it. */
function sourceRecipe(
  given: Partial<Recipe>,
  size: number | undefined,
  factor: number | undefined,
  notes: string[],
): Recipe {
  const side = given.size ?? size ?? assumedSize;
  if (given.size === undefined && size === undefined)
    notes.push(`The model leaves its input size open: ${assumedSize} pixels are assumed.`);
  const range = given.scale && given.mean ? undefined : assumedRange(factor);
  if (range) notes.push(`Nothing says how pixels become inputs: ${range.words} is assumed.`);
  return {
    size: side,
    fit: given.fit ?? 'stretch',
    channelOrder: given.channelOrder ?? 'rgb',
    mean: given.mean ?? [range!.mean, range!.mean, range!.mean],
    scale: given.scale ?? [range!.scale, range!.scale, range!.scale],
  };
}

/** A factor near 2 at the input expects 0..1 and makes −1..1; a small one expects raw pixels; none, −1..1. */
function assumedRange(factor: number | undefined): { mean: number; scale: number; words: string } {
  if (factor === undefined) return { mean: 127.5, scale: 1 / 127.5, words: 'pixel / 127.5 − 1' };
  if (Math.abs(factor) < 0.1) return { mean: 0, scale: 1, words: 'the pixel as it is' };
  return { mean: 0, scale: 1 / 255, words: 'pixel / 255' };
}
