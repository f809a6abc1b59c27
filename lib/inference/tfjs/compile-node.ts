// The oracle in Node: tfjs's packages as Node loads them, the module read from node_modules.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import glue from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js';
import type { Compile } from '../plan.ts';
import { compileWith } from './compile.ts';

const modulePath = '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm';

let bound: Compile | undefined;

/**
 * Compiles a graph for one input size, set of taps and arithmetic.
 *
 * @example
 * const plan = await compile(graph, { size: 224, taps: [graph.taps.final], arithmetic: 'float32' });
 * const [code] = plan.run(tensor);
 * plan.dispose();
 */
export const compile: Compile = async (graph, options) => {
  bound ??= compileWith({ wasmModule: readModule(), glue, Backend: BackendWasm, kernels: [] });
  return bound(graph, options);
};

function readModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve(modulePath)));
}
