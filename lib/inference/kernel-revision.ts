// The name of the kernels that this release runs, for the code space. It stands apart from the engine, so that
// a code space can be named without starting one.

/** Grows with every change that may give other bits: another tfjs, other kernels, another order of sums. */
export const kernelRevision = 'tfjs-wasm-4.22.0/1';
