// The names of the kernels that this release runs, for the code space. They stand apart from the engine, so that a
// code space can be named without starting one.

import type { ArithmeticKind } from './plan.ts';

/** Each grows with every change that may give other bits: other kernels, another lowering, another order of sums. And
 *  with every change of what a kernel takes or how its constants are packed: tails are stored as programs, and a release
 *  runs those of its own revision. */
export const kernelRevision: Readonly<Record<ArithmeticKind, string>> = {
  float32: 'headwater-float32/1',
  int16: 'headwater-int16/1',
  int8: 'headwater-int8/1',
};
