// Weights in the order in which the kernels read them: [N / 8][taps][K / ks][8][ks], N outputs and K inputs of a tap
// padded with zeros to a multiple of 8, ks = 1 for float32, 2 for int16, 4 for int8.

import { padChannels } from './layout.ts';

export type Numbers = Float32Array | Int16Array | Int8Array;

/** A part of a kernel [taps, inputs, outputs]: `groups` blocks on its diagonal, from the group `first`. */
export interface KernelShape {
  taps: number;
  /** Channels of one group. */
  inputs: number;
  outputs: number;
  /** Groups of the whole kernel [taps, inputs, allGroups · outputs]. */
  allGroups: number;
  first: number;
  groups: number;
}

/** Numbers that one SIMD multiplication takes of one output. */
const stepOf = (kernel: Numbers): number =>
  kernel instanceof Float32Array ? 1 : kernel instanceof Int16Array ? 2 : 4;

/** Bytes of {@link packKernel}'s answer. */
export const packedBytes = (kernel: Numbers, { taps, inputs, outputs, groups }: KernelShape): number =>
  taps * padChannels(inputs * groups) * padChannels(outputs * groups) * kernel.BYTES_PER_ELEMENT;

/** Packs `groups` groups as one dense kernel: what belongs to another group is zero. */
export function packKernel<N extends Numbers>(kernel: N, shape: KernelShape): N {
  const { taps, inputs, outputs, groups, first } = shape;
  const step = stepOf(kernel);
  const k = padChannels(inputs * groups);
  const n = padChannels(outputs * groups);
  const packed = new (kernel.constructor as new (length: number) => N)(taps * k * n);
  const stride = shape.allGroups * outputs;
  const panel = taps * k * 8;
  for (let group = 0; group < groups; group++)
    for (let tap = 0; tap < taps; tap++)
      for (let input = 0; input < inputs; input++) {
        const row = group * inputs + input;
        const to = (tap * k + row - (row % step)) * 8 + (row % step);
        const from = (tap * inputs + input) * stride + (first + group) * outputs;
        for (let o = 0; o < outputs; o++) {
          const column = group * outputs + o;
          packed[(column >> 3) * panel + to + (column & 7) * step] = kernel[from + o]!;
        }
      }
  return packed;
}

/** `count` numbers from `start`, padded with zeros to a multiple of 8. */
export function padVector<N extends Float32Array | Int32Array | Int16Array>(
  values: N,
  start: number,
  count: number,
): N {
  const padded = new (values.constructor as new (length: number) => N)(padChannels(count));
  padded.set(values.subarray(start, start + count));
  return padded;
}

/** A depthwise kernel [taps, channels] as [channels / block][taps][block], padded with zeros. */
export function packDepthwise<N extends Float32Array | Int16Array>(
  kernel: N,
  taps: number,
  channels: number,
  block: number,
): N {
  const packed = new (kernel.constructor as new (length: number) => N)(taps * padChannels(channels));
  for (let tap = 0; tap < taps; tap++)
    for (let c = 0; c < channels; c++) {
      const within = c % block;
      packed[(c - within) * taps + tap * block + within] = kernel[tap * channels + c]!;
    }
  return packed;
}

/** The numbers as bytes, not copied. */
export const bytesOf = (values: Numbers | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
