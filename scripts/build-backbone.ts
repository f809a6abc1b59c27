// Puts the deployment's default backbone where the edge's bundle takes it from: build/backbone.safetensors, its
// quantisation (an empty file where the arithmetic is float32), and a note of name, digests and arithmetic beside them.
// Does nothing when it is there already, and leaves one that was chosen by `npm run backbone -- use` where it is.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type BackboneFile,
  chooseArithmetic,
  integerKinds,
  kernelOf,
  makeBackbone,
  makeQuantisation,
} from '../lib/codes/index.ts';
import type { AllFigures } from '../lib/contract/index.ts';
import { importTfjs } from '../lib/graph/import/index.ts';
import { nsfwjsRecipe, readNsfwjs } from '../lib/graph/import/nsfwjs-node.ts';
import { readBackbone } from '../lib/graph/index.ts';
import { compilePlain } from '../lib/inference/compile-node.ts';
import type { ArithmeticKind } from '../lib/inference/index.ts';
import { sha256 } from '../lib/tensors/index.ts';
import { buildProgram } from './build-program.ts';
import { readDefaultReference, referenceText } from './default-reference.ts';
import { committedText, defaultFigures, readDefaultStatistics } from './default-statistics.ts';
import { writeAtomically } from './write-atomically.ts';

const inBuild = (name: string) => fileURLToPath(new URL(`../build/${name}`, import.meta.url));
const file = inBuild('backbone.safetensors');
const quantisationFile = inBuild('backbone.quantisation.safetensors');
const referenceFile = inBuild('backbone.reference.safetensors');
const note = inBuild('backbone.json');

/** build/backbone.json: what is in the bundle. */
export interface BundleNote {
  name: string;
  digest: string;
  arithmetic: ArithmeticKind;
  /** Digest of the quantisation file; null with float32. */
  quantisation: string | null;
  /** Digest of the file of reference statistics; null where there is none. */
  reference?: string | null;
  figures: AllFigures;
  /** Put there by `use`. */
  chosen?: true;
  /** Of what Headwater's own was made; another basis makes it anew. */
  basis?: string;
}

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
  // What an earlier release built or `use` chose has none.
  if (existsSync(note) && !readNote().quantisation && !existsSync(quantisationFile))
    writeAtomically(quantisationFile, new Uint8Array());
  if (await isBuilt()) return (await buildProgram()).length > 0;
  await bundleBackbone(null);
  return true;
}

/** Puts `chosen` in the bundle's place; null: the one that comes with Headwater. */
export async function bundleBackbone(chosen: BackboneFile | null): Promise<void> {
  const backbone = chosen ?? (await withReference(await quantised(await ownBackbone())));
  const { name, digest, arithmetic = 'float32', quantisation, reference, figures = {} } = backbone;
  writeAtomically(file, backbone.file);
  writeAtomically(quantisationFile, quantisation?.file ?? new Uint8Array());
  if (reference) writeAtomically(referenceFile, reference.file);
  const facts: BundleNote = {
    name,
    digest,
    arithmetic,
    quantisation: quantisation?.digest ?? null,
    reference: reference?.digest ?? null,
    figures,
    ...(chosen ? { chosen: true } : { basis: await basis() }),
  };
  writeAtomically(note, JSON.stringify(facts));
  await buildProgram();
}

/** The backbone in the bundle. */
export function bundledBackbone(): BackboneFile {
  const { name, digest, arithmetic, quantisation, reference, figures } = readNote();
  return {
    name,
    digest,
    file: readFileSync(file),
    arithmetic,
    figures,
    ...(quantisation && { quantisation: { digest: quantisation, file: readFileSync(quantisationFile) } }),
    ...(reference && { reference: { digest: reference, file: readFileSync(referenceFile) } }),
  };
}

/** Headwater's own backbone, without quantisation. */
export async function ownBackbone(): Promise<BackboneFile> {
  const { graph, recipe } = importTfjs(readNsfwjs('mobilenet_v2_mid'), { recipe: nsfwjsRecipe });
  const made = await makeBackbone(graph, { ...facts, recipe }, compilePlain);
  return { name: facts.name, digest: made.digest, file: made.file };
}

/** The same in the fastest arithmetic that is within its bounds by the committed figures. */
async function quantised(own: BackboneFile): Promise<BackboneFile> {
  const figures = defaultFigures();
  const arithmetic = chooseArithmetic(figures);
  if (arithmetic === 'float32') return { ...own, figures };
  const values = readDefaultStatistics(own.digest, readBackbone(own.file).graph);
  return { ...own, arithmetic, figures, quantisation: await makeQuantisation(own, values, compilePlain) };
}

/** With the committed statistics of photographs in it. */
async function withReference(own: BackboneFile): Promise<BackboneFile> {
  const committed = readDefaultReference(own.digest);
  return { ...own, reference: { digest: await sha256(committed), file: committed } };
}

async function isBuilt(): Promise<boolean> {
  if (![file, quantisationFile, note].every(existsSync)) return false;
  const { name, digest, quantisation, reference, chosen, basis: madeOf } = readNote();
  if (!chosen && (name !== facts.name || madeOf !== (await basis()))) return false;
  const isWhole = async (path: string, expected: string) =>
    existsSync(path) && (await sha256(readFileSync(path))) === expected;
  const parts = [
    [file, digest],
    [quantisationFile, quantisation],
    [referenceFile, reference],
  ] as const;
  for (const [path, expected] of parts) if (expected && !(await isWhole(path, expected))) return false;
  return true;
}

const readNote = () => JSON.parse(readFileSync(note, 'utf8')) as BundleNote;

/** What decides the bytes of Headwater's own, besides its network. */
const basis = () =>
  sha256(JSON.stringify([committedText(), referenceText(), integerKinds.map(kernelOf), kernelOf('float32')]));
