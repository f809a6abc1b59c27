// Pools on XNNPACK. Padding never wins a maximum and never counts in an average's divisor there, so ceil mode
// is padding at the far edges; an average that does count its padding is padded with zeros first.

import type { OpAttrs } from '../../graph/index.ts';
import { conv, explicitPads, type Pads } from './conv.ts';
import { type Closure, type Constants, chain, kernel, reshape, type Shape4 } from './kernel.ts';

const noPads: Pads = { top: 0, right: 0, bottom: 0, left: 0 };

/**
 * A max or average pool of [1, h, w, c].
 *
 * @param pads the graph's padding, resolved
 * @param output [1, oh, ow, c]: tells how far ceil mode reaches over the edge
 */
export function pool(
  kind: 'maxPool' | 'avgPool',
  attrs: OpAttrs,
  pads: Pads,
  input: Shape4,
  output: Shape4,
  constants: Constants,
): Closure {
  const [kh, kw] = attrs.window!;
  const [sh, sw] = attrs.stride ?? [1, 1];
  const overhang = {
    bottom: Math.max(0, (output[1] - 1) * sh + kh - (input[1] + pads.top + pads.bottom)),
    right: Math.max(0, (output[2] - 1) * sw + kw - (input[2] + pads.left + pads.right)),
  };
  if (kh * kw === 1) return pick(attrs, input, constants);
  const counted = kind === 'avgPool' && attrs.countPadding === true;
  const inner = counted ? noPads : pads;
  const run = {
    filterSize: [kh, kw],
    strides: [sh, sw],
    pad: explicitPads({
      ...inner,
      bottom: inner.bottom + overhang.bottom,
      right: inner.right + overhang.right,
    }),
  };
  const body: Closure = ([x]) => kernel(kind === 'maxPool' ? 'MaxPool' : 'AvgPool', { x: x! }, run);
  return counted && pads.top + pads.right + pads.bottom + pads.left > 0 ? chain(pad(pads, 0), body) : body;
}

/** The mean over all positions: [1, h, w, c] → [1, 1, 1, c]. */
export function globalAvgPool([, h, w, c]: Shape4): Closure {
  if (h * w === 1) return ([x]) => reshape(x!, [1, 1, 1, c]);
  return ([x]) => kernel('AvgPool', { x: x! }, { filterSize: [h, w], strides: [1, 1], pad: 'valid' });
}

/** Constant padding of [1, h, w, c]. */
export function pad(pads: Pads, value: number): Closure {
  const paddings = explicitPads(pads);
  return ([x]) => kernel('PadV2', { x: x! }, { paddings, constantValue: value });
}

/** XNNPACK refuses a pool of one element: every stride-th position, by a depthwise convolution with ones. */
function pick(attrs: OpAttrs, input: Shape4, constants: Constants): Closure {
  const ones = new Float32Array(input[3]).fill(1);
  const groups = input[3];
  return conv(
    { stride: attrs.stride ?? [1, 1], groups },
    noPads,
    input,
    { shape: [1, 1, 1, groups], kernel: ones },
    constants,
  );
}
