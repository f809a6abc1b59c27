// `add`: a pretrained network from a path or a URL becomes a backbone, proves itself, and is handed to whoever serves.

import { type BackboneFile, makeBackbone, publishBackbone } from '../../lib/codes/index.ts';
import { isName } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { compilePlain } from '../../lib/inference/compile-node.ts';
import { keepBackbone } from '../../scripts/dev/backbones.ts';
import type { StateFolder } from '../../scripts/dev/state.ts';
import { openBucket } from '../bucket.ts';
import { cardText } from '../card-text.ts';
import { type ArithmeticOptions, inArithmetic, planArithmetic } from './choose.ts';
import { proveGoldens } from './prove.ts';
import { type RecipeOptions, recipeOf } from './recipe-options.ts';
import { planReference, type ReferenceOptions, withReference } from './reference.ts';
import { addedFrom, importFrom, nameOf } from './source.ts';

export interface AddOptions extends RecipeOptions, ArithmeticOptions, ReferenceOptions {
  name?: string;
  tap?: string;
  title?: string;
  licence?: string;
  origin?: string;
}

export async function add(state: StateFolder, source: string, options: AddOptions): Promise<void> {
  const name = (options.name ?? nameOf(source)).normalize('NFC');
  if (!isName(name)) throw new HeadwaterError('invalid-name', `"${name}" is no name. Give one with --name.`);
  const given = recipeOf(options);
  const arithmetic = planArithmetic(options);
  const reference = planReference(options, arithmetic.photos);
  console.log(`Reading ${source} …`);
  const { graph, recipe, notes } = await importFrom(source, given);
  const facts = {
    name,
    recipe,
    title: options.title ?? name,
    licence: options.licence ?? 'unknown',
    origin: options.origin ?? addedFrom(source),
    ...(options.tap && { defaultTap: options.tap }),
  };
  console.log('Compiling it and making golden tensors …');
  const made = await makeBackbone(graph, facts, compilePlain);
  for (const line of await proveGoldens(made.file, compilePlain)) console.log(`  ${line}`);
  const inFloat = await withReference({ name, digest: made.digest, file: made.file }, reference);
  const backbone = await inArithmetic(inFloat, arithmetic);
  keepBackbone(state, backbone);
  console.log(`\n${cardText(made.card, made.digest)}\n`);
  for (const note of notes) console.log(`Note: ${note}`);
  console.log(await publish(state, backbone));
}

/** Puts the backbone into the bucket that is at hand, if one is. */
async function publish(state: StateFolder, backbone: BackboneFile): Promise<string> {
  const bucket = await openBucket(state);
  if (!bucket)
    return `Kept. It will be there at the next "npm start": train with "backbone": "${backbone.name}".`;
  try {
    await publishBackbone(bucket.store, backbone, new Date().toISOString());
  } finally {
    bucket.close();
  }
  return `It is in ${bucket.where} now: train with "backbone": "${backbone.name}".`;
}
