// Our kernels on tfjs's memory: tensors are read and written where they lie. The module owns no memory, so growth by
// either side's allocation is growth for both; addresses stay, and no view is ever kept.

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { HeadwaterError } from '../../errors/index.ts';

/** A backend with the memory that its tensors lie in and the allocator that owns that memory. */
export interface TfjsMemory {
  backend: BackendWasm;
  memory: WebAssembly.Memory;
  /** Address of fresh bytes, 16-byte aligned; 0 if there are none. */
  allocate(bytes: number): number;
  free(address: number): void;
}

/** Sizes of a convolution in the order in which kernels/unfold.as.ts and kernels/depthwise.as.ts take them after the
 *  channels (and the filter): kh, kw, strides, dilations, padding at top and left, output height and width. */
export type Geometry = [number, number, number, number, number, number, number, number, number, number];

/** What kernels/index.as.ts exports. Addresses in bytes, strides in elements. */
export interface KernelExports {
  gemmScratchBytes(): number;
  gemm(
    ...args: [
      a: number,
      aRow: number,
      aColumn: number,
      b: number,
      bRow: number,
      bColumn: number,
      c: number,
      cRow: number,
      m: number,
      n: number,
      k: number,
      accumulate: number,
      scratch: number,
    ]
  ): void;
  unfold: Unfold;
  fold: Unfold;
  depthwise: Depthwise;
  depthwiseInput: Depthwise;
  depthwiseFilter(...args: [...DepthwiseArguments, dy: number]): void;
  finish(x: number, pixels: number, channels: number, bias: number, lower: number, upper: number): void;
  reluGradient(dy: number, y: number, out: number, length: number, upper: number): void;
  channelSums(x: number, pixels: number, channels: number, sums: number): void;
  normalise(
    x: number,
    pixels: number,
    channels: number,
    mean: number,
    variance: number,
    scale: number,
    offset: number,
    epsilon: number,
    out: number,
    scratch: number,
  ): void;
  repeat(x: number, times: number, out: number, length: number): void;
  sumNeighbours(x: number, times: number, out: number, length: number): void;
}

type Unfold = (
  ...args: [
    image: number,
    height: number,
    width: number,
    channels: number,
    ...Geometry,
    from: number,
    to: number,
    rows: number,
  ]
) => void;

type DepthwiseArguments = [
  image: number,
  n: number,
  height: number,
  width: number,
  channels: number,
  filter: number,
  ...Geometry,
];

type Depthwise = (...args: [...DepthwiseArguments, out: number, scratch: number]) => void;

/** Element (i, j) lies at `at` + 4·(i·row + j·column). */
export interface Matrix {
  at: number;
  row: number;
  column: number;
}

/** The kernels with the places that they work on. */
export interface TrainingKernels {
  run: KernelExports;
  backend: BackendWasm;
  /** Address of a tensor's values. Valid while the tensor lives. */
  addressOf(tensor: TensorInfo): number;
  /** A fresh float32 tensor with undefined values. Throws HeadwaterError `internal` if there is no room for it. */
  output(shape: number[]): TensorInfo;
  /** Sets a float32 tensor to zeros. */
  clear(tensor: TensorInfo): void;
  /** c ← a·b, or c + a·b, for [m, k]·[k, n]; rows of c are contiguous. `scratch` has `gemmScratchBytes`. */
  multiply(
    a: Matrix,
    b: Matrix,
    c: { at: number; row: number },
    [m, n, k]: [number, number, number],
    options: { scratch: number; accumulate?: boolean },
  ): void;
  /** At least `bytes` to scribble on until the next call; what an earlier call gave is then void. */
  scratch(bytes: number): number;
}

/** Instantiates the kernels over a backend's memory. */
export function createTrainingKernels(module: WebAssembly.Module, tfjs: TfjsMemory): TrainingKernels {
  const { backend, memory } = tfjs;
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  let held = { address: 0, bytes: 0 };
  return {
    run,
    backend,
    addressOf: (tensor) => backend.getMemoryOffset(tensor.dataId),
    output(shape) {
      const tensor = backend.makeOutput(shape, 'float32');
      // tfjs itself would write to address 0.
      if (backend.getMemoryOffset(tensor.dataId) === 0) throw outOfMemory();
      return tensor;
    },
    clear: (tensor) => backend.typedArrayFromHeap(tensor).fill(0),
    multiply: (a, b, c, [m, n, k], { scratch, accumulate }) =>
      run.gemm(
        a.at,
        a.row,
        a.column,
        b.at,
        b.row,
        b.column,
        c.at,
        c.row,
        m,
        n,
        k,
        accumulate ? 1 : 0,
        scratch,
      ),
    scratch(bytes) {
      if (bytes <= held.bytes) return held.address;
      if (held.address) tfjs.free(held.address);
      held = { address: tfjs.allocate(bytes), bytes };
      if (held.address) return held.address;
      held = { address: 0, bytes: 0 };
      throw outOfMemory();
    },
  };
}

function outOfMemory(): HeadwaterError {
  return new HeadwaterError('internal', 'Training ran out of memory. Use smaller images or smaller batches.');
}
