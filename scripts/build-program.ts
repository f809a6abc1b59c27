// What can be made of the bundled backbone before any isolate starts: its card, and the plan of its default tap in its
// arithmetic, packed in the kernels' order. A cold isolate copies it, and parses the file only for other taps. Stands
// beside the file in build/; does nothing when it was made of the same backbone by the same compiler.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  arithmeticIn,
  defaultTapOf,
  parseBackbone,
  placeKey,
  placeOf,
  readQuantisation,
} from '../lib/codes/index.ts';
import type { Card } from '../lib/graph/index.ts';
import { programOf, writeProgram } from '../lib/inference/index.ts';
import type { BundleNote } from './build-backbone.ts';
import { writeAtomically } from './write-atomically.ts';

const root = join(import.meta.dirname, '..');
const inBuild = (name: string) => join(root, 'build', name);
const factsFile = inBuild('backbone.program.json');
const programFile = inBuild('backbone.program.safetensors');
/** What decides a program's bytes besides the backbone. */
const compilerFolders = ['lib/inference', 'lib/inference/lower', 'lib/inference/quantise', 'lib/graph'];

/** build/backbone.program.json: what build/backbone.program.safetensors is a program of. */
export interface ProgramFacts {
  digest: string;
  card: Card;
  /** The key of its place among plans. */
  place: string;
  /** Another basis makes it anew. */
  basis: string;
}

/** Writes what is stale. @returns the paths that were built */
export async function buildProgram(): Promise<string[]> {
  const note = JSON.parse(readFileSync(inBuild('backbone.json'), 'utf8')) as BundleNote;
  const basis = basisOf(note);
  if (existsSync(factsFile) && existsSync(programFile) && readFacts().basis === basis) return [];
  const arithmetic = arithmeticIn(note);
  const backbone = parseBackbone(readFileSync(inBuild('backbone.safetensors')), note.name, note.digest, {
    arithmetic,
  });
  const { graph, card } = backbone;
  const quantisation =
    arithmetic.quantisation === null
      ? undefined
      : readQuantisation(readFileSync(inBuild('backbone.quantisation.safetensors')), arithmetic.quantisation);
  const { size } = card.recipe;
  const taps = [defaultTapOf(backbone)];
  const program = programOf(graph, { size, taps, arithmetic: arithmetic.kind, quantisation });
  const facts: ProgramFacts = { digest: note.digest, card, place: placeKey(placeOf(backbone, taps)), basis };
  // The program first: facts without their program are never read.
  writeAtomically(programFile, writeProgram(program));
  writeAtomically(factsFile, JSON.stringify(facts));
  return ['build/backbone.program.safetensors'];
}

const readFacts = () => JSON.parse(readFileSync(factsFile, 'utf8')) as ProgramFacts;

function basisOf({ digest, arithmetic, quantisation }: BundleNote): string {
  const hash = createHash('sha256').update(JSON.stringify([digest, arithmetic, quantisation]));
  for (const folder of compilerFolders.map((name) => join(root, name))) {
    const sources = existsSync(folder) ? readdirSync(folder).sort() : [];
    for (const name of sources.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')))
      hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
}
