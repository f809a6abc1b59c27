// Graph → plan → codes. `compile` itself is environment-specific: compile-node.ts and compile-workerd.ts.

export { kernelRevision } from './kernel-revision.ts';
export type { Quantisation, ValueStatistics } from './quantisation.ts';
export type { ArithmeticKind, Compile, CompileOptions, Plan } from './plan.ts';
