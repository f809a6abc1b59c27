// `compile` for Node: the relaxed build where this process computes as the kernels need it, else the plain one.

import { readFileSync } from 'node:fs';
import { compileWith } from './compile.ts';
import { newKernels } from './instantiate.ts';
import type { Compile } from './plan.ts';
import { type StartProgram, startWith } from './start-program.ts';

const bytesOf = (name: string) => readFileSync(new URL(`../../build/${name}`, import.meta.url));

let plain: WebAssembly.Module | undefined;
let best: WebAssembly.Module | undefined;

/** The build without relaxed operations: in float32 too it gives the same bits on every CPU. */
export function plainModule(): WebAssembly.Module {
  plain ??= new WebAssembly.Module(bytesOf('inference-plain.wasm'));
  return plain;
}

/** The build that `compile` uses here. `HEADWATER_SIMD=plain` forces the plain one. */
function bestModule(): WebAssembly.Module {
  best ??= (process.env.HEADWATER_SIMD !== 'plain' && relaxedModule()) || plainModule();
  return best;
}

/** The relaxed build, if this process takes it and its self-test passes. */
function relaxedModule(): WebAssembly.Module | undefined {
  const bytes = bytesOf('inference-relaxed.wasm');
  if (!WebAssembly.validate(bytes)) return undefined;
  const module = new WebAssembly.Module(bytes);
  return newKernels(module).selfTest() === 0 ? module : undefined;
}

/**
 * Compiles a graph for one input size, set of taps and arithmetic.
 *
 * @example
 * const plan = await compile(graph, { size: 224, taps: [graph.taps.final], arithmetic: 'float32' });
 * const [code] = plan.run(tensor);
 * plan.dispose();
 */
export const compile: Compile = async (graph, options) => compileWith(bestModule())(graph, options);

/** Starts a stored program on the same build. */
export const startProgram: StartProgram = (program, maxBytes) => startWith(bestModule())(program, maxBytes);

/** `compile` on the plain build. */
export const compilePlain: Compile = async (graph, options) => compileWith(plainModule())(graph, options);

export { compileWith };
