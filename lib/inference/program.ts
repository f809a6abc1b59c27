// A compiled plan as plain data: what `compile` makes of a graph, what a bundle carries, what an instance runs.
// Independent of the build of the kernels.

import type { KernelName } from './kernels.ts';
import type { ArithmeticKind } from './plan.ts';

/** One kernel call. Addresses are absolute in the plan's memory. */
export interface Step {
  kernel: KernelName;
  args: number[];
  /** The op of the graph that it belongs to. */
  layer: string;
  /** Multiply-adds, for figures. */
  multiplyAdds: number;
}

export interface Program {
  format: 1;
  arithmetic: ArithmeticKind;
  kernelRevision: string;
  /** [h, w, c] of the float32 picture that is written to `input` before a run. */
  inputShape: [number, number, number];
  input: number;
  /** Codes in the order of the taps: float32 at `address`, in memory order of `shape`. */
  outputs: { shape: number[]; address: number }[];
  /** What the memory must hold, from address 0. */
  memoryBytes: number;
  /** Weights, biases, scales and tables, written at `planBase` once. */
  constants: Uint8Array<ArrayBuffer>;
  steps: Step[];
}
