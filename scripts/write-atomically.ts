// Files that are either whole or not there: written beside their place, then renamed into it.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file in one step for whoever reads it, and its folder if that is missing. */
export function writeAtomically(path: string, contents: Uint8Array | string, mode = 0o666): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, contents, { mode });
  renameSync(temporary, path);
}
