// `npm run imports`: holds every import of functions/ and lib/ against the directions in directions.ts. The same
// check runs in `npm test`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { judgedFolders, objection } from './directions.ts';
import { listModules, readImports } from './read-imports.ts';

export interface ImportCheck {
  modules: number;
  imports: number;
  /** One sentence for each import that goes the wrong way. */
  objections: string[];
}

/**
 * Checks the tree under `root`.
 *
 * @throws Error if there is nothing to read: an empty answer must not look like a clean one
 */
export function checkImports(root: string): ImportCheck {
  const folders = judgedFolders.filter((folder) => existsSync(join(root, folder)));
  const modules = listModules(root, folders);
  const imports = modules.flatMap((module) => readImports(root, module));
  if (imports.length === 0)
    throw new Error(`No import was read in ${judgedFolders.join(' and ')} under ${root}.`);
  const objections = imports.map(objection).filter((sentence) => sentence !== undefined);
  return { modules: modules.length, imports: imports.length, objections };
}

if (import.meta.main) {
  const { modules, imports, objections } = checkImports(join(import.meta.dirname, '../..'));
  for (const sentence of objections) console.error(sentence);
  console.log(`${imports} imports of ${modules} modules, ${objections.length} in a wrong direction`);
  process.exit(objections.length === 0 ? 0 : 1);
}
