// Both builds of the kernels, imported: for tests in workerd, which compiles no bytes.

import plain from '../../../build/inference-plain.wasm';
import relaxed from '../../../build/inference-relaxed.wasm';

export const builds: readonly (readonly [name: string, module: WebAssembly.Module])[] = [
  ['plain', plain],
  ['relaxed', relaxed],
];
