// Backbones on this machine: the default one out of build/, and those that were added, out of the state folder.
// Whatever the bucket lacks is put there at every start, so one can be added while nothing runs.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BackboneFile, publishBackbone } from '../../lib/codes/index.ts';
import { s3Store } from '../../lib/storage/s3-node.ts';
import { writeAtomically } from '../write-atomically.ts';
import { root } from './configs.ts';
import type { Stack } from './stack.ts';
import type { StateFolder } from './state.ts';

/** Keeps an added backbone in the state folder. */
export function keepBackbone(state: StateFolder, { name, digest, file }: BackboneFile): void {
  const folder = state.file('backbones', name);
  writeAtomically(join(folder, `${digest}.safetensors`), file);
  writeAtomically(join(folder, 'current'), digest);
}

/** The backbone in the edge's bundle. */
export function defaultBackbone(): BackboneFile {
  const { name, digest } = JSON.parse(readFileSync(join(root, 'build/backbone.json'), 'utf8'));
  return { name, digest, file: readFileSync(join(root, 'build/backbone.safetensors')) };
}

/** The default backbone and all added ones, each once. */
export function* localBackbones(state: StateFolder): Generator<BackboneFile> {
  const bundled = defaultBackbone();
  yield bundled;
  const folder = state.file('backbones');
  for (const added of existsSync(folder) ? readdirSync(folder) : []) {
    if (added === bundled.name) continue;
    const note = state.file('backbones', added, 'current');
    if (!existsSync(note)) continue;
    const current = readFileSync(note, 'utf8');
    const file = readFileSync(state.file('backbones', added, `${current}.safetensors`));
    yield { name: added, digest: current, file };
  }
}

/** Puts every local backbone into the running instance's bucket. */
export async function placeBackbones({ s3, state }: Pick<Stack, 's3' | 'state'>): Promise<void> {
  const store = s3Store(s3);
  for (const backbone of localBackbones(state))
    await publishBackbone(store, backbone, new Date().toISOString());
  store.close();
}
