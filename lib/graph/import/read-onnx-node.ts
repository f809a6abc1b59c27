// An ONNX model on disk: the .onnx file and the files beside it that it keeps weights in. Node only.

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { HeadwaterError } from '../../errors/index.ts';
import { invalid } from '../problems.ts';
import { decodeModel } from './onnx-schema.ts';
import { type ExternalFiles, externalNames } from './onnx-tensors.ts';

/** Largest file that is read. */
const maxFileBytes = 1024 ** 3;

/** A model's bytes, and those of the files that it refers to, by the names that it calls them. */
export interface OnnxFiles {
  bytes: Uint8Array;
  external: ExternalFiles;
}

/**
 * Reads an .onnx file.
 *
 * @throws HeadwaterError `not-found` for a missing file; `invalid-file` for one that is no ONNX, or a reference that
 * leads out of the model's folder
 *
 * @example const { bytes, external } = await readOnnx('net.onnx'); importOnnx(bytes, { external })
 */
export async function readOnnx(path: string): Promise<OnnxFiles> {
  const bytes = await read(path);
  const external = new Map<string, Uint8Array>();
  for (const name of externalNames(decodeModel(bytes).graph)) {
    const inside = normalize(name);
    if (isAbsolute(inside) || inside.startsWith('..'))
      throw invalid(`The model refers to "${name.slice(0, 200)}", which lies outside its folder.`);
    external.set(name, await read(join(dirname(path), inside)));
  }
  return { bytes, external };
}

async function read(file: string): Promise<Uint8Array> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile())
    throw new HeadwaterError(
      'not-found',
      `There is no file ${basename(file).slice(0, 200)}. Check the path.`,
    );
  if (found.size > maxFileBytes)
    throw invalid(`${basename(file)} has ${found.size} bytes; ${maxFileBytes} is the limit.`);
  return new Uint8Array(await readFile(file));
}
