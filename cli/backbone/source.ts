// A path or a URL → an imported network. The format is told by the file: .onnx, or a model.json of TensorFlow.js.

import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { type Imported, importOnnx, importTfjs } from '../../lib/graph/import/index.ts';
import { readOnnx } from '../../lib/graph/import/read-onnx-node.ts';
import { readTfjs } from '../../lib/graph/import/read-tfjs-node.ts';
import type { Recipe } from '../../lib/graph/index.ts';
import { download, isUrl } from './download.ts';

/** Reads and imports what `source` names. @throws HeadwaterError `not-found`, `invalid-file`, `unsupported-graph` */
export async function importFrom(source: string, recipe: Partial<Recipe>): Promise<Imported> {
  const file = modelFile(isUrl(source) ? await download(source) : source);
  if (!/\.onnx$/i.test(file)) return importTfjs(await readTfjs(file), { recipe });
  const { bytes, external } = await readOnnx(file);
  return importOnnx(bytes, { recipe, external });
}

/** A name for what has none yet: that of its folder, or of its file where that says more. */
export function nameOf(source: string): string {
  const path = isUrl(source) ? decodeURIComponent(new URL(source).pathname) : resolve(source);
  const parts = path.replace(/\/(model\.json)?$/, '').split('/');
  return parts.at(-1)!.replace(/\.(onnx|json)$/i, '');
}

/** The card's word on where it came from, if the caller has none: no path, which would tell of the caller's machine. */
export function addedFrom(source: string): string {
  if (isUrl(source)) return source;
  return statSync(source).isDirectory() ? 'added from a folder' : 'added from a file';
}

/** The file that a folder stands for. */
function modelFile(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new HeadwaterError('not-found', `There is no file or folder "${path}".`);
  if (!found.isDirectory()) return path;
  const files = readdirSync(path);
  if (files.includes('model.json')) return join(path, 'model.json');
  const onnx = files.filter((file) => /\.onnx$/i.test(file));
  if (onnx.length === 1) return join(path, onnx[0]!);
  const what =
    onnx.length > 1
      ? `several .onnx files (${onnx.join(', ')}): name one`
      : 'neither model.json nor an .onnx file';
  throw new HeadwaterError('not-found', `The folder ${basename(path)} holds ${what}.`);
}
