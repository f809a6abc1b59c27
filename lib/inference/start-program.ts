// A stored program → a plan, if this release can have written it.

import { checkProgram } from './check-program.ts';
import { instantiate } from './instantiate.ts';
import type { Plan } from './plan.ts';
import type { Program } from './program.ts';

/**
 * Starts a program that came out of a bucket.
 *
 * @param maxBytes what its memory may take
 * @throws HeadwaterError `invalid-file` if it is not one of this release; `internal` if there is no memory for it
 */
export type StartProgram = (program: Program, maxBytes: number) => Plan;

/** {@link StartProgram} on a module of this folder's kernels, plain or relaxed. */
export function startWith(module: WebAssembly.Module): StartProgram {
  return (program, maxBytes) => {
    checkProgram(program, module, maxBytes);
    return instantiate(program, module);
  };
}
