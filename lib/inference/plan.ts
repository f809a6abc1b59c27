// The seam between a graph and what runs it: `compile(graph, options) → Plan`. Nothing outside this folder
// knows which kernels stand behind a plan.

import type { Graph, Tap } from '../graph/index.ts';
import type { Quantisation } from './quantisation.ts';

/** How numbers are represented; part of the code space. */
export type ArithmeticKind = 'float32' | 'int16' | 'int8';

export interface CompileOptions {
  /** Input side in pixels: [size, size, channels]. */
  size: number;
  /** Where codes are read, in the order in which `run` returns them. */
  taps: Tap[];
  arithmetic: ArithmeticKind;
  /** Ranges of the activations; integer arithmetics need them. */
  quantisation?: Quantisation | undefined;
  /** Asked once the plan's memory is known and before it is taken; what it throws ends the compilation. */
  admit?(bytes: number): Promise<void>;
}

/** A graph compiled for one input size, set of taps and arithmetic. */
export interface Plan {
  /** Shape of the input tensor, [h, w, c]. */
  readonly inputShape: [number, number, number];
  /** Shape of each tap's output: [c] if pooled, [h, w, c] if not. */
  readonly outputShapes: number[][];
  /** Names the kernels for the code space: another revision may give other bits. */
  readonly kernelRevision: string;
  /** Bytes of this plan's WebAssembly memory; 0 once disposed of. */
  readonly bytes: number;
  /**
   * One forward pass. `input` is a normalised tensor [h, w, c]; the result holds one fresh array per tap.
   * Synchronous, so that nothing else in the isolate sees a half-run plan.
   */
  run(input: Float32Array): Float32Array[];
  /** Frees the weights. The plan is unusable afterwards. */
  dispose(): void;
}

export type Compile = (graph: Graph, options: CompileOptions) => Promise<Plan>;
