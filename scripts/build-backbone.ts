// Puts the deployment's default backbone where the edge's bundle takes it from: build/backbone.safetensors and
// its name and digest beside it. Does nothing when it is there already.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeBackbone } from '../lib/codes/index.ts';
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

/** Builds the default backbone if it is missing. @returns whether it did */
export async function buildBackbone(): Promise<boolean> {
  if (await isBuilt()) return false;
  const { graph, recipe } = importTfjs(readNsfwjs('mobilenet_v2_mid'), { recipe: nsfwjsRecipe });
  const made = await makeBackbone(graph, { ...facts, recipe }, compile);
  writeAtomically(file, made.file);
  writeAtomically(note, JSON.stringify({ name: facts.name, digest: made.digest }));
  return true;
}

async function isBuilt(): Promise<boolean> {
  if (!existsSync(file) || !existsSync(note)) return false;
  const { name, digest } = JSON.parse(readFileSync(note, 'utf8'));
  return name === facts.name && digest === (await sha256(readFileSync(file)));
}
