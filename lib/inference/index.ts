// Graph → plan → codes. `compile` itself is environment-specific: compile-node.ts and compile-workerd.ts.

export { compileWith } from './compile.ts';
export { instantiate } from './instantiate.ts';
export { kernelRevision } from './kernel-revision.ts';
export { type KernelExports, type KernelName, planBase } from './kernels.ts';
export type { ArithmeticKind, Compile, CompileOptions, Plan } from './plan.ts';
export type { Program, Step } from './program.ts';
export { readProgram, writeProgram } from './program-file.ts';
export { draftProgram, programOf } from './program-of.ts';
export type { Quantisation, ValueStatistics } from './quantisation.ts';
export { type StartProgram, startWith } from './start-program.ts';
