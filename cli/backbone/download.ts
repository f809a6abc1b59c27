// A model behind a URL → files in a folder that is removed when the process ends: an .onnx file, or a model.json
// with the weight files that it names beside it.

import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { weightPaths } from '../../lib/graph/import/tfjs-weights.ts';

const maxFileBytes = 1024 ** 3;
/** A server that sends nothing for this long is given up. */
const stallMs = 30_000;

export const isUrl = (text: string) => /^https?:\/\//i.test(text);

/** Downloads the model at `url` and answers the path of its file. @throws HeadwaterError that names the URL */
export async function download(url: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-model-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const address = new URL(url);
  const name = decodeURIComponent(address.pathname.split('/').at(-1) ?? '');
  if (/\.onnx$/i.test(name)) return save(address, join(folder, 'model.onnx'));
  if (!/\.json$/i.test(name))
    throw new HeadwaterError(
      'bad-request',
      `${url} names neither an .onnx file nor a model.json. Give the address of the file itself.`,
    );
  const file = await save(address, join(folder, 'model.json'));
  for (const path of weightPaths(parse(file, url))) {
    const inside = normalize(path);
    if (isAbsolute(inside) || inside.startsWith('..') || isUrl(path))
      throw new HeadwaterError(
        'invalid-file',
        `The model names the weight file "${path}", which lies elsewhere.`,
      );
    mkdirSync(dirname(join(folder, inside)), { recursive: true });
    await save(new URL(path, address), join(folder, inside));
  }
  return file;
}

function parse(file: string, url: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new HeadwaterError('invalid-file', `${url} is not JSON.`);
  }
}

async function save(url: URL, file: string): Promise<string> {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), stallMs);
  const refuse = (why: string) => new HeadwaterError('bad-request', `${url.href}: ${why}.`);
  try {
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok || !response.body) throw refuse(`the server answered ${response.status}`);
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, out) {
        bytes += chunk.length;
        if (bytes > maxFileBytes) throw refuse(`it is larger than ${maxFileBytes} bytes`);
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), stallMs);
        out.enqueue(chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body.pipeThrough(counted) as never), createWriteStream(file));
    console.log(`  ${url.pathname.split('/').at(-1)}  ${sizeOf(bytes)}`);
    return file;
  } catch (error) {
    if (error instanceof HeadwaterError) throw error;
    throw refuse(
      stop.signal.aborted ? `nothing came for ${stallMs / 1000} s` : `it cannot be fetched (${cause(error)})`,
    );
  } finally {
    clearTimeout(timer);
  }
}

const sizeOf = (bytes: number) =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const cause = (error: unknown) => String((error as Error).cause ?? (error as Error).message ?? error);
