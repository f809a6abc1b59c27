// Where a window starts and how often it fits: `same`, `valid` and explicit padding, stride, dilation and
// ceil mode become four numbers and an output size.

import type { OpAttrs } from './graph.ts';

export interface ResolvedPadding {
  top: number;
  right: number;
  bottom: number;
  left: number;
  /** Output height and width. Not positive when the window does not fit. */
  outHeight: number;
  outWidth: number;
}

/**
 * Padding and output size of a window `[kh, kw]` over an input of `height` × `width`.
 *
 * `same` is TensorFlow's: the output is ⌈in / stride⌉ and an odd pixel of padding goes to the bottom and the
 * right. With `ceil` the last window may hang over the edge, but not start beyond the input and its leading
 * padding; `bottom` and `right` are then the explicit ones, and the overhang is whatever is missing.
 */
export function resolvePadding(
  attrs: Pick<OpAttrs, 'padding' | 'stride' | 'dilation' | 'ceil'>,
  window: readonly [number, number],
  height: number,
  width: number,
): ResolvedPadding {
  const [strideY, strideX] = attrs.stride ?? [1, 1];
  const [dilationY, dilationX] = attrs.dilation ?? [1, 1];
  const padding = attrs.padding ?? 'valid';
  const explicit = typeof padding === 'object' ? padding : undefined;
  const same = padding === 'same';
  const ceil = attrs.ceil ?? false;
  const y = axis(height, window[0], strideY, dilationY, same, ceil, explicit?.top, explicit?.bottom);
  const x = axis(width, window[1], strideX, dilationX, same, ceil, explicit?.left, explicit?.right);
  return {
    top: y.before,
    right: x.after,
    bottom: y.after,
    left: x.before,
    outHeight: y.out,
    outWidth: x.out,
  };
}

function axis(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  same: boolean,
  ceil: boolean,
  before = 0,
  after = 0,
): { before: number; after: number; out: number } {
  const reach = (window - 1) * dilation + 1;
  if (same) {
    const out = Math.ceil(size / stride);
    const total = Math.max(0, (out - 1) * stride + reach - size);
    return { before: Math.floor(total / 2), after: total - Math.floor(total / 2), out };
  }
  const room = size + before + after - reach;
  if (room < 0) return { before, after, out: 0 };
  if (!ceil) return { before, after, out: Math.floor(room / stride) + 1 };
  let out = Math.ceil(room / stride) + 1;
  if ((out - 1) * stride >= size + before) out--;
  return { before, after, out };
}
