// A tfjs model on disk: a folder with model.json, or the file itself, and the weight files beside it. Node only.

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { HeadwaterError } from '../../errors/index.ts';
import { invalid } from '../problems.ts';
import type { TfjsModel } from './tfjs.ts';
import { weightPaths } from './tfjs-weights.ts';

/** Largest weight file that is read. */
const maxFileBytes = 1024 ** 3;

/**
 * Reads a model from a folder or a model.json.
 *
 * @throws HeadwaterError `not-found` for a missing file; `invalid-file` for JSON that is none, or a weight path
 * that leads out of the model's folder
 */
export async function readTfjs(path: string): Promise<TfjsModel> {
  const folder = (await stat(path).catch(() => undefined))?.isDirectory();
  const file = folder ? join(path, 'model.json') : path;
  const modelJson = parse(new TextDecoder().decode(await read(file)), file);
  const shards = [];
  for (const shard of weightPaths(modelJson)) {
    const inside = normalize(shard);
    if (isAbsolute(inside) || inside.startsWith('..'))
      throw invalid(`The model names the weight file "${shard}", which lies outside its folder.`);
    shards.push(await read(join(dirname(file), inside)));
  }
  return { modelJson, weights: joined(shards) };
}

async function read(file: string): Promise<Uint8Array> {
  const size = (await stat(file).catch(() => undefined))?.size;
  if (size === undefined)
    throw new HeadwaterError(
      'not-found',
      `There is no file ${basename(file)} where the model says. Check the path.`,
    );
  if (size > maxFileBytes)
    throw invalid(`${basename(file)} has ${size} bytes; ${maxFileBytes} is the limit.`);
  return new Uint8Array(await readFile(file));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`${basename(file)} is not JSON.`);
  }
}

/** Files joined in order. */
export function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
