// `compile` for workerd, which compiles no bytes: the module is imported. Which build it is was chosen when it was
// built (scripts/build-kernels.ts), because a platform that refuses relaxed SIMD refuses the whole upload.

import module from '../../build/inference.wasm';
import { compileWith } from './compile.ts';
import type { Compile } from './plan.ts';
import { startWith } from './start-program.ts';

/** Compiles a graph for one input size, set of taps and arithmetic. */
export const compile: Compile = compileWith(module);

/** Starts a stored program. */
export const startProgram = startWith(module);

/** The build that this Worker carries: for programs that were compiled before. */
export { module as kernelModule };
