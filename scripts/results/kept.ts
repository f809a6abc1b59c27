// Figures that were measured, one file a cell, so that a run that ends early goes on where it stood. Beside the
// repository's own files, and none of them.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../dev/configs.ts';
import { writeAtomically } from '../write-atomically.ts';

const folder = join(root, '.results', 'figures');

/** What was measured for a request, if it was. */
export function keptFigures<T>(request: object): T | undefined {
  const file = fileOf(request);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).figures as T) : undefined;
}

export function keepFigures(request: object, figures: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeAtomically(fileOf(request), JSON.stringify({ request, figures }));
}

const fileOf = (request: object) =>
  join(folder, `${createHash('sha256').update(JSON.stringify(request)).digest('hex').slice(0, 16)}.json`);
