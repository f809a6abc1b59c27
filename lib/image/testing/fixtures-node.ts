// What the tests of this folder share: Pillow's answers, a pipeline, recipes, the sample images.

import { existsSync, readFileSync } from 'node:fs';
import pillow from '../fixtures/pillow.json' with { type: 'json' };
import type { Recipe } from '../recipe.ts';

export { pillow };

/** The bytes of one of Pillow's JPEGs. */
export function jpegFixture(name: keyof typeof pillow.jpegs): { file: Uint8Array; rgb: Uint8Array } {
  const { file, rgb } = pillow.jpegs[name];
  return {
    file: new Uint8Array(Buffer.from(file, 'base64')),
    rgb: new Uint8Array(Buffer.from(rgb, 'base64')),
  };
}

/** A recipe that leaves pixels as they are. */
export function plain(size: number, fit: Recipe['fit'] = 'stretch'): Recipe {
  return { size, fit, channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] };
}

const images = new URL('../../../../shared/data/images/', import.meta.url);
export const haveSampleImages = existsSync(images);

export function sampleImage(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, images)));
}
