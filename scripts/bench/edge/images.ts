// The ways from a file to a tensor side by side in one isolate, for figures. Whoever measures reads the process's CPU
// time and memory from outside, around a request.

import turbo from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import image from '../../../build/image.wasm';
import webp from '../../../build/webp.wasm';
import { type ImagePaths, imagePaths } from '../image-paths.ts';
import { decode, init, module } from './jsquash.mjs';

let made: Promise<ImagePaths> | undefined;
async function paths(): Promise<ImagePaths> {
  made ??= init(module).then(() => imagePaths({ image, webp, turbo, decodeFully: decode }));
  return made;
}

const files = new Map<string, Uint8Array>();

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const ask = (name: string) => searchParams.get(name) ?? '';
    if (request.method === 'PUT') {
      files.set(ask('file'), new Uint8Array(await request.arrayBuffer()));
      return new Response('kept');
    }
    const file =
      request.method === 'POST' ? new Uint8Array(await request.arrayBuffer()) : files.get(ask('file'));
    if (!file) return new Response('ready');
    const found = await paths();
    const { tensor, wasmBytes } = await found[ask('path') as keyof ImagePaths](file, Number(ask('size')));
    // A tensor in the answer costs more than a small photo.
    const body = searchParams.has('tensor') ? tensor : null;
    return new Response(body, { headers: { 'wasm-bytes': String(wasmBytes) } });
  },
};
