// Inputs of a network that is trained as a whole: pictures, another view of each in every epoch.

import type { TuningInputs } from './inputs.ts';
import { createViews, type TuningPictures } from './pictures.ts';

/**
 * Pictures as inputs. Held-out ones are exactly what the edge makes of their bytes.
 *
 * With a cache decoded tensors are kept there; without one each is fetched and decoded whenever it is needed.
 */
export function pictureInputs(pictures: TuningPictures): TuningInputs {
  const { train, heldOut, recipe } = pictures;
  const views = createViews(pictures);
  return {
    shape: [recipe.size, recipe.size, 3],
    training: (i, epoch) => views.variant(train[i]!, epoch),
    plain: (i) => views.plain(train[i]!),
    heldOut: (i) => views.plain(heldOut[i]!),
    ...labelsOf(pictures),
  };
}

/** Of both sides of the split, in their order. */
export function labelsOf({ labels, train, heldOut }: TuningPictures) {
  const pick = (indices: number[]) => Int32Array.from(indices, (i) => labels[i]!);
  return { trainLabels: pick(train), heldOutLabels: pick(heldOut) };
}
