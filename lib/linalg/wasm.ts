// The SIMD kernels: one instance and one memory for each workspace, grown once before any view is made, because
// growing detaches views and a WebAssembly memory never shrinks.

import type { Kernels } from './linalg.ts';

interface Exports {
  memory: WebAssembly.Memory;
  heapBase(): number;
  scores(
    x: number,
    stride: number,
    from: number,
    to: number,
    weights: number,
    outputs: number,
    scores: number,
  ): void;
  gradient(
    x: number,
    stride: number,
    from: number,
    to: number,
    residuals: number,
    outputs: number,
    gradient: number,
  ): void;
}

const pageBytes = 65536;

/** A fresh instance with at least `bytes` free from address `base` on. */
export function instantiateKernels(
  module: WebAssembly.Module,
  bytes: number,
): { kernels: Kernels; base: number } {
  const exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  const base = exports.heapBase();
  const missing = base + bytes - exports.memory.buffer.byteLength;
  if (missing > 0) exports.memory.grow(Math.ceil(missing / pageBytes));
  const kernels: Kernels = {
    buffer: exports.memory.buffer as ArrayBuffer,
    scores: (l, from, to) => exports.scores(l.x, l.stride, from, to, l.weights, l.outputs, l.scores),
    gradient: (l, from, to) => exports.gradient(l.x, l.stride, from, to, l.residuals, l.outputs, l.gradient),
  };
  return { kernels, base };
}
