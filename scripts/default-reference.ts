// The committed reference statistics of the default backbone, whose batch-norm is folded away: what photographs look like
// inside it. A file of lib/codes/reference-file.ts in base64, so that building needs no photographs.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ReferenceStatistics, readReferenceFile, writeReferenceFile } from '../lib/codes/index.ts';
import { fromBase64, toBase64 } from '../lib/tensors/index.ts';
import { writeAtomically } from './write-atomically.ts';

const name = 'scripts/default-reference.json';
const path = fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Writes the file. @returns its path within the repository */
export function writeDefaultReference(statistics: ReferenceStatistics): string {
  const { backbone, name: of } = statistics;
  const note = { backbone, of, file: toBase64(writeReferenceFile(statistics)) };
  writeAtomically(path, `${JSON.stringify(note, null, 2)}\n`);
  return name;
}

/** What is committed, as it stands. */
export const referenceText = (): string => readFileSync(path, 'utf8');

/** The file of reference statistics, if it is of this backbone. @throws Error that says how to make it anew */
export function readDefaultReference(backbone: string): Uint8Array<ArrayBuffer> {
  const file = fromBase64((JSON.parse(referenceText()) as { file: string }).file);
  if (readReferenceFile(file).backbone !== backbone)
    throw new Error(`${name} belongs to another backbone. Run "node scripts/reference-default.ts".`);
  return file;
}
