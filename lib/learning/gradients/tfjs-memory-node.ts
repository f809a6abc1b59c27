// tfjs's WebAssembly backend, started so that its memory can be shared: tfjs itself fetches its module over HTTP and
// keeps the memory to itself. Here the module is read from its package, instantiated by hand, and what it exports kept.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import process from 'node:process';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import glue from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js';
import type { TfjsMemory } from './training-kernels.ts';

/** The build without threads: tfjs starts none in Node, and training puts one backend into each thread. */
const modulePath = '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';

/** What is used of the module that emscripten's factory makes. */
interface EmscriptenModule {
  cwrap(name: string, returns: string | null, takes: string[]): unknown;
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** Where BackendWasm looks for its entry points. */
  tfjs: Record<string, unknown>;
}

/** Starts a backend of its own. It isn't registered with tfjs yet. */
export async function createTfjsMemory(): Promise<TfjsMemory> {
  const bytes = await readFile(createRequire(import.meta.url).resolve(modulePath));
  const compiled = await WebAssembly.compile(bytes);
  let memory: WebAssembly.Memory | undefined;
  const module = (await withoutListeners(() =>
    glue({
      instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
        const instance = new WebAssembly.Instance(compiled, imports);
        memory = instance.exports.memory as WebAssembly.Memory;
        done(instance);
        return instance.exports;
      },
    }),
  )) as unknown as EmscriptenModule;
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  return {
    backend: new BackendWasm(module as never),
    memory: memory as unknown as WebAssembly.Memory,
    // Addresses beyond 2 GiB come back negative.
    allocate: (size) => module._malloc(size) >>> 0,
    free: (address) => module._free(address),
  };
}

const processEvents = ['uncaughtException', 'unhandledRejection'] as const;

/** Calls emscripten's factory and takes off the handlers that it puts on the process: they would end it for every
 *  rejection that anyone else means to handle later. */
function withoutListeners<T>(body: () => T): T {
  const before = processEvents.map((event) => process.listeners(event as 'uncaughtException'));
  const result = body();
  for (const [i, event] of processEvents.entries())
    for (const listener of process.listeners(event as 'uncaughtException'))
      if (!before[i]?.includes(listener)) process.removeListener(event, listener);
  return result;
}
