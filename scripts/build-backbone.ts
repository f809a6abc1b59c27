// Puts the deployment's default backbone where the edge's bundle takes it from: build/backbone.safetensors and
// its name and digest beside it. Does nothing when it is there already, and leaves one that was chosen by
// `npm run backbone -- use` where it is.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BackboneFile, makeBackbone } from '../lib/codes/index.ts';
import { importTfjs } from '../lib/graph/import/index.ts';
import { nsfwjsRecipe, readNsfwjs } from '../lib/graph/import/nsfwjs-node.ts';
import { compile } from '../lib/inference/compile-node.ts';
import { sha256 } from '../lib/tensors/index.ts';
import { writeAtomically } from './write-atomically.ts';

const file = fileURLToPath(new URL('../build/backbone.safetensors', import.meta.url));
const note = fileURLToPath(new URL('../build/backbone.json', import.meta.url));

/** The default backbone's facts; see docs/decisions/0004-default-backbone.md for why this one. */
const facts = {
  name: 'mobilenet-v2-1.4-nsfwjs',
  title: 'MobileNetV2 1.4 at 224, as shipped in the npm package nsfwjs',
  licence: 'MIT',
  origin:
    'npm nsfwjs 4.4.0, mobilenet_v2_mid; first trained on ImageNet, its late layers bent to another task',
  defaultTap: 'block_14_expand',
};

/** The backbone that is bundled when nobody has chosen another. */
export const bundledByDefault = facts.name;

/** Builds the default backbone if it is missing. @returns whether it did */
export async function buildBackbone(): Promise<boolean> {
  if (await isBuilt()) return false;
  await bundleBackbone(null);
  return true;
}

/** Puts `chosen` in the bundle's place; null: the one that comes with Headwater. */
export async function bundleBackbone(chosen: BackboneFile | null): Promise<void> {
  const { name, digest, file: bytes } = chosen ?? (await ownBackbone());
  writeAtomically(file, bytes);
  writeAtomically(note, JSON.stringify({ name, digest, ...(chosen && { chosen: true }) }));
}

async function ownBackbone(): Promise<BackboneFile> {
  const { graph, recipe } = importTfjs(readNsfwjs('mobilenet_v2_mid'), { recipe: nsfwjsRecipe });
  const made = await makeBackbone(graph, { ...facts, recipe }, compile);
  return { name: facts.name, digest: made.digest, file: made.file };
}

async function isBuilt(): Promise<boolean> {
  if (!existsSync(file) || !existsSync(note)) return false;
  const { name, digest, chosen } = JSON.parse(readFileSync(note, 'utf8'));
  return (chosen || name === facts.name) && digest === (await sha256(readFileSync(file)));
}
