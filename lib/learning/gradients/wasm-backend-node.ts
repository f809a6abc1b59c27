// Training on a processor: tfjs's WebAssembly backend, which lacks the gradients of convolutions and is slow at some
// others, with kernels of our own registered in their place.

import { readFile } from 'node:fs/promises';
import { engine, findBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { HeadwaterError } from '../../errors/index.ts';
import { registerKernels } from './register.ts';
import { createTfjsMemory } from './tfjs-memory-node.ts';
import { createTrainingKernels } from './training-kernels.ts';

const kernelsPath = new URL('../../../build/gradients.wasm', import.meta.url);

let started: Promise<void> | undefined;

/**
 * Makes `wasm` tfjs's current backend, with every kernel that training needs. Once for each process or thread; later
 * calls wait for the first and make it current again.
 *
 * @example
 * await startWasmBackend();
 * const model = createModel(spec);
 *
 * @throws HeadwaterError `internal` if the kernels have not been built, or if another `wasm` backend runs already:
 * its memory can't be shared.
 */
export async function startWasmBackend(): Promise<void> {
  started ??= start();
  await started;
  await setBackend('wasm');
}

async function start(): Promise<void> {
  if (engine().registry.wasm)
    throw new HeadwaterError(
      'internal',
      'Another WebAssembly backend of tfjs runs in this process. Start the one for training before it.',
    );
  const tfjs = await createTfjsMemory();
  const kernels = createTrainingKernels(await compiledKernels(), tfjs);
  // The package registers a factory of its own when it is imported.
  if (engine().registryFactory.wasm) removeBackend('wasm');
  registerBackend('wasm', () => tfjs.backend, 2);
  await setBackend('wasm');
  if (findBackend('wasm') !== tfjs.backend)
    throw new HeadwaterError(
      'internal',
      'The WebAssembly backend did not start. The log above has the cause.',
    );
  registerKernels(kernels);
}

async function compiledKernels(): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(kernelsPath));
  } catch (cause) {
    throw new HeadwaterError(
      'internal',
      'gradients.wasm is missing or broken: run `node scripts/build-kernels.ts` first.',
      {},
      { cause },
    );
  }
}
