// Pictures of nothing: every pixel uniform and on its own. As far from photographs as pictures get, they are the other
// end of the scale of similarity.

import type { Recipe } from '../../graph/index.ts';
import { createRng } from '../../linalg/index.ts';

const seed = 1;

/** `count` normalised tensors [size, size, 3] of noise, always the same ones. */
export function* noisePictures(
  { mean, scale }: Recipe,
  size: number,
  count: number,
): Generator<Float32Array> {
  const rng = createRng(seed);
  const picture = new Float32Array(size * size * mean.length);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < picture.length; i++) {
      const channel = i % mean.length;
      picture[i] = (rng.below(256) - mean[channel]!) * scale[channel]!;
    }
    yield picture;
  }
}
