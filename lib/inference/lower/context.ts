// What lowering works with: how values are represented, where they lie, and the plan being written.
//
// An arithmetic says, for every value and before any lowering, how its producer writes it (`made`) and how
// convolutions and dense layers read it (`operand`), and it delivers the weights of those as plain arrays in the
// graph's order; packing, tables, halos, memory and conversions between storages are done here, the same for all.
// float32.ts is the simplest arithmetic; the integer ones come from ../quantise.
//
// Each family of ops has a file with one function (op, context) → void: it asks where its operands lie
// (`context.read(op, name, format)`, which converts a value that was made in another format, once), where its result goes
// (`context.write(op)`), and emits kernel calls. The order of the calls is the order of the graph.
//
// The graph has been prepared (prepare.ts): batch-norms, pads and identities are gone where possible; activations that
// are no clamp are ops of their own, reading `<op>:pre`; a conv2d with two inputs adds the second to its sum before it
// clamps, and has the name of the sum.

import type { Graph, Op } from '../../graph/index.ts';
import type { KernelName } from '../kernels.ts';
import type { ArithmeticKind } from '../plan.ts';
import type { Constants } from './constants.ts';
import type { Ref } from './memory.ts';

/** How the values of a float32 plan, and of every float32 kernel, are represented. */
export const float32Format: ValueFormat = {
  storage: 'f32',
  scale: 1,
  zeroPoint: 0,
  lo: -Infinity,
  hi: Infinity,
};

/** How a channel of a value is stored: see the table in ../kernels.ts. */
export type Storage = 'f32' | 'i16' | 'u7';

/** The numbers of a value: x = (q − zeroPoint) · scale, with q in lo..hi. float32: scale 1, zero point 0, ±Infinity. */
export interface ValueFormat {
  storage: Storage;
  scale: number;
  zeroPoint: number;
  lo: number;
  hi: number;
}

export interface ValueFormats {
  /** As its producer writes it. */
  made: ValueFormat;
  /** As convolutions and dense layers read it; another storage than `made` costs a conversion. */
  operand: ValueFormat;
}

/** Weights of a convolution [kh, kw, cin / groups, cout] or a dense layer [k, n], in that order. */
export interface LayerWeights {
  kernel: Float32Array | Int16Array | Int8Array;
  /** One per output channel; for integers it holds the correction for the input's zero point, −zp · Σ w. */
  bias: Float32Array | Int32Array;
  /** Integers: sum · scale[c] + zero point of the output = output. Absent in float32. */
  scale?: Float32Array;
}

/** Constants of a depthwise convolution, ready for its kernel (kernels/depthwise-*.as.ts say how). */
export interface DepthwiseWeights {
  weights: Uint8Array;
  bias: Uint8Array;
  scale?: Uint8Array;
}

/** What differs between float32, int16 and int8. */
export interface Arithmetic {
  kind: ArithmeticKind;
  /** Of the output of an op, or of the graph's input. */
  formats(name: string): ValueFormats;
  /** Of a conv2d or dense op. `input` and `output` are the formats that the kernel reads and writes. */
  layerWeights(op: Op, input: ValueFormat, output: ValueFormat): LayerWeights;
  /** Of a conv2d with one input and one output channel a group. */
  depthwiseWeights(op: Op, input: ValueFormat, output: ValueFormat): DepthwiseWeights;
  /**
   * Whether `op` runs on integers; others run in float32 between conversions, and their `made` must be float32 (so
   * must a globalAvgPool's, whose kernel gives float32 whatever it reads). Pools, concat, pad, flatten, reshape,
   * channelShuffle and channelSlice only move: they read in their own `made` format, so it is cheapest if that is
   * their input's. An `add` reads both in its `made` format. Always false in float32.
   */
  integer(op: Op): boolean;
}

/** Pixels around a picture. */
export interface Halo {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** Geometry of a stored value; bytes. */
export interface Layout {
  storage: Storage;
  height: number;
  width: number;
  channels: number;
  /** Planes of B channels, those of padding included. */
  planes: number;
  plane: number;
  row: number;
  halo: Halo;
  /** Size of the whole, halo included, and where pixel (0, 0) lies in it. */
  bytes: number;
  origin: number;
}

/** A value in memory. */
export interface Place {
  /** Pixel (0, 0) of plane 0. */
  at: Ref;
  layout: Layout;
  format: ValueFormat;
}

/** An argument of a step: a number, or an address that is known when memory has been shared out. */
export type Argument = number | Ref;

export interface Context {
  graph: Graph;
  /** Logical shapes without the batch: [h, w, c] or [n]. */
  shapes: ReadonlyMap<string, number[]>;
  arithmetic: Arithmetic;
  constants: Constants;
  /** The float32 picture [h, w, c] in memory order, as the caller writes it. */
  picture: Ref;
  /** Appends a kernel call. Buffers that it names live from the first call that names them to the last. */
  emit(op: Op, kernel: KernelName, args: Argument[], multiplyAdds?: number): void;
  /** Where `name` lies in the format asked for (default: as it was made); `op` converts it if nobody has. */
  read(op: Op, name: string, format?: ValueFormat): Place;
  /** Where op writes its value, as `made` says. */
  write(op: Op): Place;
  /** Memory between two calls of one op, for a value of this shape, without halo. */
  scratch(shape: readonly number[], format: ValueFormat): Place;
  /** Memory between two calls of one op. */
  scratchBytes(bytes: number): Ref;
}
