// Inputs of a tail: what the frozen layers below it make of the pictures. They run once for each picture and variant, by the
// edge's own plan, and what they give is kept in the cache; what the cache has forgotten is made again, to the same bits.

import { HeadwaterError } from '../../errors/index.ts';
import type { Plan } from '../../inference/index.ts';
import type { TuningInputs } from './inputs.ts';
import { labelsOf } from './picture-inputs.ts';
import { createViews, remembered, type TuningPictures } from './pictures.ts';

export interface FrozenPictures extends TuningPictures {
  /** One unpooled tap; the caller disposes of it when training is over. */
  trunk: Plan;
  /** Names what the trunk makes, for the cache: its code space's digest. */
  trunkKey: string;
  /** Of the pictures as they are, 0..1. */
  onProgress?: ((progress: number, note: string) => void) | undefined;
  signal?: { readonly aborted: boolean } | undefined;
}

/**
 * Runs the trunk over every picture as it is, then answers from the cache. Augmented variants are made when the first epoch
 * asks for them: a training loop asks ahead, so this thread makes them while threads or a GPU train, and one that stops
 * early has not paid for the rest.
 *
 * Variant 0 is the picture as it is; epoch e sees variant e modulo `settings.variants`.
 *
 * @throws HeadwaterError `cancelled` by the signal; the pipeline's errors for a picture that cannot be decoded
 */
export async function frozenInputs(pictures: FrozenPictures): Promise<TuningInputs> {
  const { train, heldOut, settings, trunk, trunkKey, digests } = pictures;
  const { seed, augmentation } = settings;
  const shape = trunk.outputShapes[0]!;
  if (trunk.outputShapes.length !== 1 || shape.length !== 3)
    throw new RangeError('a trunk has one tap, which is not pooled');
  // Views are small beside what the trunk makes of them, and are needed once: they are not kept.
  const views = createViews({ ...pictures, cache: undefined });
  const variants = augmentation ? settings.variants : 1;
  const map = (i: number, variant: number) => {
    const view = variant === 0 ? 'plain' : JSON.stringify([seed, variant, augmentation]);
    return remembered(pictures.cache, `trunk ${trunkKey} ${digests[i]} ${view}`, async () => {
      const picture = variant === 0 ? await views.plain(i) : await views.variant(i, variant);
      await aTurn();
      return trunk.run(picture)[0]!;
    });
  };
  await makePlain(pictures, map);
  return {
    shape: shape as [number, number, number],
    training: (i, epoch) => map(train[i]!, epoch % variants),
    plain: (i) => map(train[i]!, 0),
    heldOut: (i) => map(heldOut[i]!, 0),
    ...labelsOf(pictures),
  };
}

async function makePlain(
  { train, heldOut, cache, signal, onProgress }: FrozenPictures,
  map: (i: number, variant: number) => Promise<Float32Array>,
): Promise<void> {
  if (!cache) return;
  const needed = [...heldOut, ...train];
  for (const [at, i] of needed.entries()) {
    if (signal?.aborted) throw new HeadwaterError('cancelled', 'The training was cancelled.');
    await map(i, 0);
    onProgress?.((at + 1) / needed.length, `features ${at + 1} of ${needed.length}`);
  }
}

/** Lets timers and sockets have the thread, which a plan holds while it runs. */
const aTurn = () => new Promise((resolve) => setTimeout(resolve));
