// The models inside the npm package `nsfwjs`: CommonJS files, one that exports the model.json and one per shard
// that exports base64. Node only.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HeadwaterError } from '../../errors/index.ts';
import { fromBase64, joined } from '../../tensors/index.ts';
import type { ImportOptions } from './imported.ts';
import type { TfjsModel } from './tfjs.ts';
import { weightPaths } from './tfjs-weights.ts';

/** Models of nsfwjs 4. `mobilenet_v2_mid` is Headwater's default backbone. */
export const nsfwjsModels = ['mobilenet_v2_mid', 'mobilenet_v2', 'inception_v3'] as const;
export type NsfwjsModel = (typeof nsfwjsModels)[number];

/** How nsfwjs feeds its models: the whole picture stretched, RGB, 0..1. */
export const nsfwjsRecipe = {
  fit: 'stretch',
  channelOrder: 'rgb',
  mean: [0, 0, 0],
  scale: [1 / 255, 1 / 255, 1 / 255],
} satisfies ImportOptions['recipe'];

/**
 * Unpacks a model of the installed nsfwjs package.
 *
 * @throws HeadwaterError `not-found` if the package is not installed
 */
export function readNsfwjs(name: NsfwjsModel): TfjsModel {
  const require = createRequire(import.meta.url);
  const load = (file: string): unknown => {
    const loaded = require(join(packageRoot(require), 'dist/models', name, `${file}.min.js`));
    return loaded && typeof loaded === 'object' && 'default' in loaded ? loaded.default : loaded;
  };
  const modelJson = load('model');
  const shards = weightPaths(modelJson).map((path) => fromBase64(String(load(path))));
  return { modelJson, weights: joined(shards) };
}

/** The package exports no package.json, so its root is found from its entry (`dist/cjs/index.js`). */
function packageRoot(require: NodeJS.Require): string {
  try {
    return join(dirname(require.resolve('nsfwjs')), '..', '..');
  } catch (cause) {
    throw new HeadwaterError(
      'not-found',
      'The npm package nsfwjs is not installed. Run npm install.',
      {},
      { cause },
    );
  }
}
