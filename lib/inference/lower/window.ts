// How a convolution's kernel or a pool's window moves over its input, and what it reads beyond it.

import { type Op, resolvePadding } from '../../graph/index.ts';
import type { Halo } from './context.ts';
import { pictureOf } from './layout.ts';

/** How a window moves over a picture. */
export interface Window {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  dilation: readonly [number, number];
  top: number;
  left: number;
  /** Of the padding that counts in an average; ceil mode may reach further. */
  bottom: number;
  right: number;
  /** Of the output. */
  height: number;
  width: number;
}

/** The window of a pool or of a convolution with a kernel [kh, kw, …] over a value of shape `input`. */
export function windowOf(op: Op, kernel: readonly number[], input: readonly number[]): Window {
  const [h, w] = pictureOf(input);
  const size = [kernel[0]!, kernel[1]!] as const;
  const pads = resolvePadding(op.attrs, size, h, w);
  return {
    kernel: size,
    stride: op.attrs.stride ?? [1, 1],
    dilation: op.attrs.dilation ?? [1, 1],
    top: pads.top,
    left: pads.left,
    bottom: pads.bottom,
    right: pads.right,
    height: pads.outHeight,
    width: pads.outWidth,
  };
}

/** Pixels that a window reads around a picture of this shape. */
export function reachOf(window: Window, input: readonly number[]): Halo {
  const [h, w] = pictureOf(input);
  const end = (axis: 0 | 1, outputs: number) =>
    (outputs - 1) * window.stride[axis] + (window.kernel[axis] - 1) * window.dilation[axis] + 1;
  return {
    top: window.top,
    left: window.left,
    bottom: Math.max(0, end(0, window.height) - window.top - h),
    right: Math.max(0, end(1, window.width) - window.left - w),
  };
}
