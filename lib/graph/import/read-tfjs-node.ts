// A tfjs model on disk: a folder with model.json, or the file itself, and the weight files beside it. Node only.

import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { joined } from '../../tensors/index.ts';
import { invalid } from '../problems.ts';
import { readBeside, readModelFile } from './read-file-node.ts';
import type { TfjsModel } from './tfjs.ts';
import { weightPaths } from './tfjs-weights.ts';

/**
 * Reads a model from a folder or a model.json.
 *
 * @throws HeadwaterError `not-found` for a missing file; `invalid-file` for JSON that is none, or a weight path
 * that leads out of the model's folder
 */
export async function readTfjs(path: string): Promise<TfjsModel> {
  const folder = (await stat(path).catch(() => undefined))?.isDirectory();
  const file = folder ? join(path, 'model.json') : path;
  const modelJson = parse(new TextDecoder().decode(await readModelFile(file)), file);
  const shards = [];
  for (const shard of weightPaths(modelJson)) shards.push(await readBeside(file, shard));
  return { modelJson, weights: joined(shards) };
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`${basename(file)} is not JSON.`);
  }
}
