// The TypeScript twin of kernels/gemm.as.ts: the same float32 products, added in the same order, so that it
// gives the same bits on any engine. It is the reference of the kernels' tests and the way without WebAssembly.

import type { Kernels, Layout } from './linalg.ts';

/** Both must equal the constants in kernels/gemm.as.ts: they fix where float32 sums pass into float64 ones. */
const columnBlock = 256;
const gradientBlock = 64;

const { fround } = Math;

/** The two products over a plain buffer of `bytes`. */
export function twinKernels(bytes: number): Kernels {
  const buffer = new ArrayBuffer(bytes);
  return {
    buffer,
    scores: (layout, from, to) => scores(buffer, layout, from, to),
    gradient: (layout, from, to) => gradient(buffer, layout, from, to),
  };
}

function scores(buffer: ArrayBuffer, layout: Layout, from: number, to: number): void {
  const { stride, outputs } = layout;
  const x = new Float32Array(buffer, layout.x);
  const w = new Float32Array(buffer, layout.weights, outputs * stride);
  const out = new Float64Array(buffer, layout.scores, layout.rows * outputs);
  for (let i = from; i < to; i++)
    for (let j = 0; j < outputs; j++) {
      let total = 0;
      for (let k0 = 0; k0 < stride; k0 += columnBlock)
        total += dot(x, i * stride + k0, w, j * stride + k0, Math.min(columnBlock, stride - k0));
      out[i * outputs + j] = total;
    }
}

/** Four interleaved float32 sums, joined pairwise, as the four lanes are. */
function dot(x: Float32Array, xAt: number, w: Float32Array, wAt: number, count: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = 0; k < count; k += 4) {
    a = fround(a + fround(x[xAt + k]! * w[wAt + k]!));
    b = fround(b + fround(x[xAt + k + 1]! * w[wAt + k + 1]!));
    c = fround(c + fround(x[xAt + k + 2]! * w[wAt + k + 2]!));
    d = fround(d + fround(x[xAt + k + 3]! * w[wAt + k + 3]!));
  }
  return fround(fround(a + b) + fround(c + d));
}

function gradient(buffer: ArrayBuffer, layout: Layout, from: number, to: number): void {
  const { stride, outputs } = layout;
  const x = new Float32Array(buffer, layout.x);
  const r = new Float32Array(buffer, layout.residuals, layout.rows * outputs);
  const g = new Float64Array(buffer, layout.gradient, outputs * stride);
  const sums = new Float32Array(stride);
  for (let r0 = from; r0 < to; r0 += gradientBlock) {
    const end = Math.min(r0 + gradientBlock, to);
    for (let j = 0; j < outputs; j++) {
      sums.fill(0);
      for (let i = r0; i < end; i++) {
        const factor = r[i * outputs + j]!;
        const at = i * stride;
        for (let k = 0; k < stride; k++) sums[k] = fround(sums[k]! + fround(factor * x[at + k]!));
      }
      const at = j * stride;
      for (let k = 0; k < stride; k++) g[at + k] = g[at + k]! + sums[k]!;
    }
  }
}
