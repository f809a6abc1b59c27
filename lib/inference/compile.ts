// `compile` bound to a build of the kernels.

import { instantiate } from './instantiate.ts';
import type { Compile } from './plan.ts';
import { programOf } from './program-of.ts';

/** {@link Compile} on a module of this folder's kernels, plain or relaxed. */
export function compileWith(module: WebAssembly.Module): Compile {
  return async (graph, options) => {
    const program = programOf(graph, options);
    await options.admit?.(program.memoryBytes);
    return instantiate(program, module);
  };
}
