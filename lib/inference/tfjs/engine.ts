// Starts tfjs's WebAssembly backend from a `WebAssembly.Module`, without fetch, eval or a promise.
//
// tfjs's own start-up fetches bytes and awaits them, which workerd cannot do. Its emscripten glue, however, is
// synchronous from end to end once it is handed an instance, and the object that it is configured with becomes
// the module itself. So every caller may start the engine, the first one does, and no request ever waits for
// another's promise.

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { engine, registerKernel } from '@tensorflow/tfjs-core';
import { HeadwaterError } from '../../errors/index.ts';

/** What differs between Node, where the package's CommonJS bundle is loaded, and a bundled Worker. */
export interface EngineParts {
  /** The `-simd` build: without threads, which neither runtime has. */
  wasmModule: WebAssembly.Module;
  /** The emscripten factory, `wasm-out/tfjs-backend-wasm.js`. */
  glue: (config: never) => unknown;
  Backend: new (module: never) => BackendWasm;
  /** Kernels to register; empty where importing the package has registered them all. */
  kernels: KernelConfig[];
}

/** What is used of the module that emscripten's factory makes of its configuration. */
interface EmscriptenModule {
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): object;
  cwrap(name: string, returns: string | null, takes: string[]): unknown;
  HEAPU8: Uint8Array;
  /** Where BackendWasm looks for its entry points. */
  tfjs: Record<string, unknown>;
}

/** The name under which tfjs knows the backend; its kernels are registered for this name only. */
const backendName = 'wasm';

/** The one engine of this process or isolate. A WebAssembly memory never shrinks, so neither does this. */
let started: BackendWasm | undefined;

/**
 * Starts the engine if it has not been started, synchronously. Other tfjs backends stay as they are, and a
 * `wasm` backend that someone else has started is shared: it holds their tensors.
 *
 * @throws HeadwaterError `internal` if the platform refuses the module.
 */
export function startEngine(parts: EngineParts): void {
  if (started) return;
  const running = engine().registry[backendName] as BackendWasm | undefined;
  started = running ?? freshBackend(parts);
}

function freshBackend(parts: EngineParts): BackendWasm {
  const backend = new parts.Backend(instantiate(parts) as never);
  for (const kernel of parts.kernels) registerKernel(kernel);
  const previous = engine().backendName;
  if (engine().registryFactory[backendName]) engine().removeBackend(backendName);
  engine().registerBackend(backendName, () => backend);
  // With a synchronous factory setBackend has done its work when it returns, although it returns a promise.
  void engine().setBackend(backendName);
  if (engine().findBackend(backendName) !== backend)
    throw new HeadwaterError(
      'internal',
      'The WebAssembly backend did not start. The log above has the cause.',
    );
  if (previous && previous !== backendName) void engine().setBackend(previous);
  return backend;
}

/**
 * Runs `body` with the engine as tfjs's current backend and frees every tensor that it made, those that it
 * returns included: it must return plain data.
 */
export function withEngine<T>(body: () => T): T {
  const previous = engine().backendName;
  if (previous !== backendName) void engine().setBackend(backendName);
  engine().startScope('plan');
  try {
    return body();
  } finally {
    engine().endScope();
    if (previous && previous !== backendName) void engine().setBackend(previous);
  }
}

/** Bytes of the engine's WebAssembly memory. It never shrinks; freed weights leave room for the next plan's. */
export function heapBytes(): number {
  return started ? (started.wasm as unknown as EmscriptenModule).HEAPU8.byteLength : 0;
}

/** Counts of what tfjs holds, for tests that nothing outlives a run. */
export function engineMemory(): { tensors: number; buffers: number; heapBytes: number } {
  const { numTensors, numDataBuffers } = engine().memory();
  return { tensors: numTensors, buffers: numDataBuffers, heapBytes: heapBytes() };
}

/** The emscripten module over a fresh instance, with the few entry points that BackendWasm calls. */
function instantiate(parts: EngineParts): EmscriptenModule {
  const config: Pick<EmscriptenModule, 'instantiateWasm'> = {
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(parts.wasmModule, imports);
      done(instance);
      return instance.exports;
    },
  };
  withoutProcess(() => parts.glue(config as never));
  const module = config as EmscriptenModule;
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  return module;
}

/**
 * Calls `body` while the global `process` is hidden. The glue takes any `process` for Node: it would call
 * `require`, which a Worker lacks, and install handlers that turn every unhandled rejection into a crash.
 */
function withoutProcess(body: () => void): void {
  const saved = Object.getOwnPropertyDescriptor(globalThis, 'process');
  if (!saved?.configurable) {
    body();
    return;
  }
  Object.defineProperty(globalThis, 'process', { value: undefined, configurable: true, writable: true });
  try {
    body();
  } finally {
    Object.defineProperty(globalThis, 'process', saved);
  }
}
