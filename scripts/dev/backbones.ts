// Backbones on this machine: the default one out of build/, and those that were added, out of the state folder.
// Whatever the bucket lacks is put there at every start, so one can be added while nothing runs.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BackboneFile,
  type ParsedBackbone,
  parseBackbone,
  publishBackbone,
} from '../../lib/codes/index.ts';
import { readQuantisation } from '../../lib/codes/quantisation-file.ts';
import type { AllFigures } from '../../lib/contract/index.ts';
import type { ArithmeticKind } from '../../lib/inference/index.ts';
import { s3Store } from '../../lib/storage/s3-node.ts';
import { bundledBackbone } from '../build-backbone.ts';
import { writeAtomically } from '../write-atomically.ts';
import type { Stack } from './stack.ts';
import type { StateFolder } from './state.ts';

/** What the state folder notes of an added backbone, beside its files. */
interface LocalNote {
  digest: string;
  arithmetic?: ArithmeticKind;
  quantisation?: string | null;
  reference?: string | null;
  figures?: AllFigures;
}

/** Keeps an added backbone in the state folder. */
export function keepBackbone(state: StateFolder, backbone: BackboneFile): void {
  const { name, digest, file, arithmetic = 'float32', quantisation, reference, figures = {} } = backbone;
  const folder = state.file('backbones', name);
  writeAtomically(join(folder, `${digest}.safetensors`), file);
  if (quantisation)
    writeAtomically(join(folder, quantisationName(digest, quantisation.digest)), quantisation.file);
  if (reference) writeAtomically(join(folder, referenceName(digest, reference.digest)), reference.file);
  const note: LocalNote = {
    digest,
    arithmetic,
    quantisation: quantisation?.digest ?? null,
    reference: reference?.digest ?? null,
    figures,
  };
  writeAtomically(join(folder, 'current'), JSON.stringify(note));
}

/** The backbone in the edge's bundle. */
export const defaultBackbone = (): BackboneFile => bundledBackbone();

/** A backbone's file as it is used, in its own arithmetic. @throws HeadwaterError `invalid-file` */
export function parsedBackbone(backbone: BackboneFile): ParsedBackbone {
  const { name, digest, file, arithmetic = 'float32', quantisation } = backbone;
  return parseBackbone(file, name, digest, {
    arithmetic: { kind: arithmetic, quantisation: quantisation?.digest ?? null },
    quantisation: quantisation && readQuantisation(quantisation.file, quantisation.digest),
  });
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
    yield keptBackbone(state, added, parseNote(readFileSync(note, 'utf8')));
  }
}

function keptBackbone(state: StateFolder, name: string, note: LocalNote): BackboneFile {
  const { digest, arithmetic = 'float32', quantisation, reference, figures = {} } = note;
  const read = (leaf: string) => readFileSync(state.file('backbones', name, leaf));
  return {
    name,
    digest,
    file: read(`${digest}.safetensors`),
    arithmetic,
    figures,
    ...(quantisation && {
      quantisation: { digest: quantisation, file: read(quantisationName(digest, quantisation)) },
    }),
    ...(reference && { reference: { digest: reference, file: read(referenceName(digest, reference)) } }),
  };
}

/** Earlier releases noted the digest alone. */
const parseNote = (text: string): LocalNote =>
  text.startsWith('{') ? (JSON.parse(text) as LocalNote) : { digest: text };

const quantisationName = (digest: string, quantisation: string) =>
  `${digest}.quant-${quantisation}.safetensors`;

const referenceName = (digest: string, reference: string) => `${digest}.reference-${reference}.safetensors`;

/** Puts every local backbone into the running instance's bucket. */
export async function placeBackbones({ s3, state }: Pick<Stack, 's3' | 'state'>): Promise<void> {
  const store = s3Store(s3);
  for (const backbone of localBackbones(state))
    await publishBackbone(store, backbone, new Date().toISOString());
  store.close();
}
