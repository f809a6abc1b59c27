// Both builds of the kernels, read from disk: for tests in Node.

import { readFileSync } from 'node:fs';

const read = (name: string) =>
  new WebAssembly.Module(readFileSync(new URL(`../../../build/${name}`, import.meta.url)));

export const builds: readonly (readonly [name: string, module: WebAssembly.Module])[] = [
  ['plain', read('inference-plain.wasm')],
  ['relaxed', read('inference-relaxed.wasm')],
];
