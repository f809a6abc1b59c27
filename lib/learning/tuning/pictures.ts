// The pictures of a training and their views: bytes → a tensor as the edge makes it, or a mirrored crop for a training
// step. A crop is cut out of a larger tensor, decoded once and kept where there is a cache.

import type { ImagePipeline, Recipe } from '../../image/index.ts';
import { limits } from '../../image/index.ts';
import { drawView, type View } from './augment.ts';
import type { ArrayCache } from './inputs.ts';
import { resample } from './resample.ts';
import type { TuningSettings } from './settings.ts';

/** Labelled pictures and how they are split. */
export interface TuningPictures {
  /** The bytes of picture i, 0 ≤ i < digests.length. */
  image(i: number): Promise<Uint8Array>;
  /** SHA-256 of each: it seeds the augmentation and names what is cached. */
  digests: string[];
  /** Class indices, one for each picture. */
  labels: Int32Array;
  /** Indices of the pictures that are trained on. */
  train: number[];
  /** Indices of those that tell how well; may be empty. */
  heldOut: number[];
  pipeline: ImagePipeline;
  /** How the network is fed, `size` included. */
  recipe: Recipe;
  settings: Pick<TuningSettings, 'seed' | 'augmentation' | 'variants'>;
  /** Where what took time is kept. */
  cache?: ArrayCache | undefined;
}

/** Side of the tensor that crops are cut from ÷ side of a crop: a crop of 64 % of the area has every pixel that it needs. */
const baseRatio = 1.25;

export interface Views {
  /** [size, size, 3] of picture i as the edge sees it. */
  plain(i: number): Promise<Float32Array>;
  /** [size, size, 3] of picture i in a variant; plain if nothing is augmented. */
  variant(i: number, variant: number): Promise<Float32Array>;
}

/** Tensors of the pictures. Errors of a picture that cannot be decoded are those of the pipeline. */
export function createViews(pictures: TuningPictures): Views {
  const { image, digests, pipeline, recipe, settings, cache } = pictures;
  const { augmentation, seed } = settings;
  const side = Math.min(limits.maxTensorSide, Math.ceil(recipe.size * baseRatio));
  const tensor = async (i: number, size: number) =>
    (await pipeline.toTensor(await image(i), recipe, { size })).tensor;
  const kept = (i: number, size: number) =>
    remembered(cache, `picture ${digests[i]} ${size} ${JSON.stringify(recipe)}`, () => tensor(i, size));
  const plain = (i: number) => kept(i, recipe.size);
  return {
    plain,
    async variant(i, variant) {
      if (!augmentation) return plain(i);
      const view: View = drawView(augmentation, seed, digests[i]!, variant);
      return resample(await kept(i, side), side, view, recipe.size);
    },
  };
}

/** What the cache has under a key, or what `make` gives, which it has from then on. */
export async function remembered(
  cache: ArrayCache | undefined,
  key: string,
  make: () => Float32Array | Promise<Float32Array>,
): Promise<Float32Array> {
  const found = await cache?.get(key);
  if (found) return found;
  const made = await make();
  await cache?.put(key, made);
  return made;
}
