// `compile` bound to a build of the kernels.

import { instantiate } from './instantiate.ts';
import type { Compile } from './plan.ts';
import { draftProgram } from './program-of.ts';

/** {@link Compile} on a module of this folder's kernels, plain or relaxed. */
export function compileWith(module: WebAssembly.Module): Compile {
  return async (graph, options) => {
    const draft = draftProgram(graph, options);
    await options.admit?.(draft.memoryBytes);
    return instantiate(draft.finish(), module);
  };
}
