// The files of a model on disk: the one that was named, and those that it names itself. Node only.

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { HeadwaterError } from '../../errors/index.ts';
import { invalid } from '../problems.ts';

/** Largest file that is read. */
const maxFileBytes = 1024 ** 3;

/** @throws HeadwaterError `not-found`; `invalid-file` for one that is too large */
export async function readModelFile(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile())
    throw new HeadwaterError(
      'not-found',
      `There is no file ${basename(path).slice(0, 200)}. Check the path.`,
    );
  if (found.size > maxFileBytes)
    throw invalid(`${basename(path)} has ${found.size} bytes; ${maxFileBytes} is the limit.`);
  return new Uint8Array(await readFile(path));
}

/** A file that the model at `path` refers to. @throws HeadwaterError as above, and `invalid-file` outside its folder */
export async function readBeside(path: string, name: string): Promise<Uint8Array> {
  const inside = normalize(name);
  if (isAbsolute(inside) || inside.startsWith('..'))
    throw invalid(`The model refers to "${name.slice(0, 200)}", which lies outside its folder.`);
  return readModelFile(join(dirname(path), inside));
}
