// Which part of a picture a training step sees, and whether in a mirror: drawn from (seed, picture, variant) alone, so that
// a resumed training, or one whose cache forgot something, sees the same.

import { createRng, exp, log } from '../../linalg/index.ts';

export interface Augmentation {
  /** Mirrored left to right half of the time. */
  flip: boolean;
  /** Share of the picture's area that a crop keeps: uniform between the two. */
  area: [least: number, most: number];
  /** Width ÷ height of a crop, by a picture's own: log-uniform between the two. */
  ratio: [least: number, most: number];
}

/** Inception's random resized crop (Szegedy et al. 2015) takes 8 % of the area and more; with few pictures, half and more
 *  keeps what the label is about in sight. */
export const mildAugmentation: Augmentation = { flip: true, area: [0.5, 1], ratio: [3 / 4, 4 / 3] };

/** A crop of the unit square, and whether it is mirrored. */
export interface View {
  left: number;
  top: number;
  width: number;
  height: number;
  mirrored: boolean;
}

/** The picture as it is. */
export const wholeView: View = { left: 0, top: 0, width: 1, height: 1, mirrored: false };

/**
 * The view of a picture in a variant (an epoch's number, say).
 *
 * @param picture a digest in hexadecimal
 */
export function drawView(augmentation: Augmentation, seed: number, picture: string, variant: number): View {
  const rng = createRng(
    mixed(mixed(mixed(seed >>> 0, leading32(picture)), leading32(picture.slice(8))), variant),
  );
  const [least, most] = augmentation.area;
  const [narrowest, widest] = augmentation.ratio.map(log) as [number, number];
  const area = least + (most - least) * rng.uniform();
  const ratio = exp(narrowest + (widest - narrowest) * rng.uniform());
  // A crop that would stick out is as large as fits, at the ratio that is left.
  const width = Math.min(1, Math.sqrt(area * ratio));
  const height = Math.min(1, Math.sqrt(area / ratio));
  const left = (1 - width) * rng.uniform();
  const top = (1 - height) * rng.uniform();
  return { left, top, width, height, mirrored: rng.uniform() < 0.5 && augmentation.flip };
}

/** The first 32 bits of a hexadecimal string; 0 without any. */
const leading32 = (hex: string) => Number.parseInt(hex.slice(0, 8), 16) || 0;

/** Two 32-bit numbers as one that depends on every bit of both (the finaliser of MurmurHash3). */
export function mixed(a: number, b: number): number {
  let h = (Math.imul(a ^ (a >>> 15), 0x85ebca6b) + b) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
