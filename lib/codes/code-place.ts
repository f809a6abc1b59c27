// Where a code is read and how: the taps of a backbone in an arithmetic, at an input size. A code space names such a
// place, if this engine can still make its codes. Of a fine-tuned version that is where its tail begins.

import type { CodeSpace, TapData } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { pipelineVersion } from '../image/index.ts';
import type { ArithmeticKind } from '../inference/index.ts';
import { type Arithmetic, kernelOf } from './arithmetic.ts';
import { type Backbone, defaultTapOf, isOtherSize, type Materials } from './backbone.ts';
import { servedKernels, servedPipelines } from './stand-ins.ts';
import type { TailPlace } from './tail-place.ts';

export interface CodePlace {
  backbone: Pick<Backbone, 'name' | 'digest' | 'card'>;
  taps: TapData[];
  arithmetic: Arithmetic;
  /** How a photo becomes its input: the card's, perhaps with another size. */
  recipe: CodeSpace['recipe'];
  /** What makes the code of the map at the one tap; without it what the taps give is the code. */
  tail?: TailPlace;
  /** What its plan is compiled of: fetched when there is no plan, and kept by nobody. */
  materials(): Promise<Materials>;
}

/** A place with a tail. */
export type TailedPlace = CodePlace & { tail: TailPlace };

/** A place of a backbone: its default tap in its own arithmetic at its own size, unless others are given. */
export function placeOf(
  backbone: Backbone,
  taps: TapData[] = [defaultTapOf(backbone)],
  arithmetic: Arithmetic = backbone.arithmetic,
  recipe: CodeSpace['recipe'] = backbone.card.recipe,
): CodePlace {
  const { name, digest, card, materials } = backbone;
  return {
    backbone: { name, digest, card },
    taps,
    arithmetic,
    recipe,
    materials: () => materials(arithmetic.quantisation),
  };
}

/**
 * The place whose codes are those of a space.
 *
 * @param use `serve`: what a former release made is served by what stands in for it (stand-ins.ts). `fill`: these
 *   very codes and no others, for a space never mixes two ways of making them
 * @throws HeadwaterError `code-space-unavailable`, saying in what the space differs
 */
export function placeOfSpace(backbone: Backbone, space: CodeSpace, use: 'serve' | 'fill'): CodePlace {
  const { arithmetic } = space;
  const kind = arithmetic.kind as ArithmeticKind;
  const kernel = kernelOf(kind);
  const isServed = (table: readonly { was: string; now: string }[], was: string, now: string) =>
    was === now || (use === 'serve' && table.some((entry) => entry.was === was && entry.now === now));
  if (space.backbone !== backbone.digest) throw unavailable('another file of the backbone');
  if (kernel === undefined) throw unavailable(`the arithmetic "${kind}"`);
  if (!isServed(servedKernels, arithmetic.kernel, kernel))
    throw unavailable(`the kernels "${arithmetic.kernel}"`);
  if ((kind === 'float32') !== (arithmetic.quantisation === null)) throw unavailable('no such quantisation');
  const { recipe } = backbone.card;
  const { size } = space.recipe;
  if (size !== recipe.size && !isOtherSize(size)) throw unavailable(`an input of ${size} pixels`);
  if (JSON.stringify(sorted(space.recipe)) !== JSON.stringify(sorted({ ...recipe, size })))
    throw unavailable('another preprocessing of images');
  if (!isServed(servedPipelines, space.imagePipeline, pipelineVersion))
    throw unavailable(`the image pipeline "${space.imagePipeline}"`);
  return placeOf(backbone, space.taps, { kind, quantisation: arithmetic.quantisation }, { ...recipe, size });
}

const sorted = (recipe: object) => Object.entries(recipe).sort(([a], [b]) => (a < b ? -1 : 1));

const unavailable = (what: string) =>
  new HeadwaterError(
    'code-space-unavailable',
    `Its codes are of a space that this release does not make (${what}).`,
  );
