// The seam of the folder: one matrix X resides beside its kernels, and solvers ask for the two products that a
// linear classifier needs. With a WebAssembly module the kernels are SIMD; without one their TypeScript twin
// gives the same bits, slower. Everything else in the folder (exp, log, L-BFGS) is the same code for both.

import { twinKernels } from './twin.ts';
import { instantiateKernels } from './wasm.ts';

/** Columns are padded with zeros to a multiple of this, so that no kernel has a column tail. */
const columnMultiple = 32;

export interface Linalg {
  /** Which kernels stand behind it. For logs only: results never depend on it. */
  readonly kind: 'wasm' | 'typescript';
  /**
   * Room for X [rows, cols], all zeros, and for what goes with it when there are `outputs` linear functions.
   * About 4·rows·cols bytes. Dropping the reference frees it.
   */
  workspace(rows: number, cols: number, outputs: number): Workspace;
}

/**
 * X with its products. All arrays are views that stay valid for the workspace's life; rows of the padded ones
 * are `stride` apart, and columns from `cols` on must stay zero.
 */
export interface Workspace {
  /** Where it comes from: for further workspaces on the same kernels. */
  readonly linalg: Linalg;
  readonly rows: number;
  readonly cols: number;
  readonly outputs: number;
  readonly stride: number;
  /** X, [rows, stride]. Written once by the caller. */
  readonly x: Float32Array;
  /** W, [outputs, stride]. */
  readonly weights: Float32Array;
  /** X·Wᵀ, [rows, outputs]. */
  readonly scores: Float64Array;
  /** R, [rows, outputs]. */
  readonly residuals: Float32Array;
  /** RᵀX, [outputs, stride]. */
  readonly gradient: Float64Array;
  /** scores = x·weightsᵀ for rows from ≤ i < to; other rows keep theirs. */
  computeScores(from: number, to: number): void;
  /** gradient += residualsᵀ·x over rows from ≤ i < to. The caller zeroes `gradient` first. */
  addGradient(from: number, to: number): void;
}

/** Byte addresses of a workspace's arrays in one buffer. */
export interface Layout {
  rows: number;
  stride: number;
  outputs: number;
  x: number;
  weights: number;
  scores: number;
  residuals: number;
  gradient: number;
}

/** The two products over one buffer; see kernels/gemm.as.ts for the order of every sum. */
export interface Kernels {
  buffer: ArrayBuffer;
  scores(layout: Layout, from: number, to: number): void;
  gradient(layout: Layout, from: number, to: number): void;
}

const alignment = 64;

/**
 * Linear algebra on typed arrays.
 *
 * @param module build/linalg.wasm, compiled; without it the TypeScript twin computes the same bits.
 * @example const linalg = createLinalg(); const w = linalg.workspace(100, 1344, 2);
 */
export function createLinalg(module?: WebAssembly.Module): Linalg {
  const linalg: Linalg = {
    kind: module ? 'wasm' : 'typescript',
    workspace(rows, cols, outputs) {
      for (const size of [rows, cols, outputs])
        if (!Number.isSafeInteger(size) || size < 1) throw new RangeError('sizes are positive integers');
      return new ResidentWorkspace(linalg, rows, cols, outputs, (bytes) =>
        module ? instantiateKernels(module, bytes) : { kernels: twinKernels(bytes), base: 0 },
      );
    },
  };
  return linalg;
}

type Allocate = (bytes: number) => { kernels: Kernels; base: number };

class ResidentWorkspace implements Workspace {
  readonly linalg: Linalg;
  readonly rows: number;
  readonly cols: number;
  readonly outputs: number;
  readonly stride: number;
  readonly x: Float32Array;
  readonly weights: Float32Array;
  readonly scores: Float64Array;
  readonly residuals: Float32Array;
  readonly gradient: Float64Array;
  readonly #kernels: Kernels;
  readonly #layout: Layout;

  constructor(linalg: Linalg, rows: number, cols: number, outputs: number, allocate: Allocate) {
    const stride = Math.ceil(cols / columnMultiple) * columnMultiple;
    const sizes = [
      4 * rows * stride,
      4 * outputs * stride,
      8 * rows * outputs,
      4 * rows * outputs,
      8 * outputs * stride,
    ];
    const padded = sizes.map((size) => Math.ceil(size / alignment) * alignment);
    const { kernels, base } = allocate(padded.reduce((a, b) => a + b, alignment));
    let at = Math.ceil(base / alignment) * alignment;
    const starts = padded.map((size) => (at += size) - size) as [number, number, number, number, number];
    const [x, weights, scores, residuals, gradient] = starts;
    this.linalg = linalg;
    this.rows = rows;
    this.cols = cols;
    this.outputs = outputs;
    this.stride = stride;
    this.x = new Float32Array(kernels.buffer, x, rows * stride);
    this.weights = new Float32Array(kernels.buffer, weights, outputs * stride);
    this.scores = new Float64Array(kernels.buffer, scores, rows * outputs);
    this.residuals = new Float32Array(kernels.buffer, residuals, rows * outputs);
    this.gradient = new Float64Array(kernels.buffer, gradient, outputs * stride);
    this.#kernels = kernels;
    this.#layout = { rows, stride, outputs, x, weights, scores, residuals, gradient };
  }

  computeScores(from: number, to: number): void {
    this.#checkRange(from, to);
    this.#kernels.scores(this.#layout, from, to);
  }

  addGradient(from: number, to: number): void {
    this.#checkRange(from, to);
    this.#kernels.gradient(this.#layout, from, to);
  }

  #checkRange(from: number, to: number): void {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > this.rows)
      throw new RangeError(`rows ${from} to ${to} are not rows of a matrix with ${this.rows}`);
  }
}
