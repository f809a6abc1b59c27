// libjpeg-turbo's module, from the package that holds it.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createTurboDecoder, type TurboDecoder } from './turbo-decoder.ts';

/** A decoder of its own for every caller. */
export async function loadTurbo(): Promise<TurboDecoder> {
  const path = createRequire(import.meta.url).resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm');
  return createTurboDecoder(await WebAssembly.compile(await readFile(path)));
}
