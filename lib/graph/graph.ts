// The ConvNet as plain data. NHWC, float32 semantics, one op per node, weights by name. No behaviour lives
// here: passes (graph → graph) stand in their own files, execution in lib/inference and lib/learning.

/** The op set. An importer that meets anything else refuses, naming the op and the node. */
export type OpKind =
  | 'conv2d'
  | 'dense'
  | 'batchNorm'
  | 'maxPool'
  | 'avgPool'
  | 'globalAvgPool'
  | 'add'
  | 'mul'
  | 'concat'
  | 'activation'
  | 'lrn'
  | 'pad'
  | 'flatten'
  | 'reshape'
  | 'softmax'
  | 'dropout'
  | 'channelShuffle'
  | 'channelSlice';

export type ActivationKind =
  | 'relu'
  | 'relu6'
  | 'sigmoid'
  | 'swish'
  | 'hardSwish'
  | 'hardSigmoid'
  | 'leakyRelu'
  | 'tanh';

/** Explicit padding in pixels. `same` and `valid` of the source format are resolved when shapes are known. */
export type Padding = 'same' | 'valid' | { top: number; right: number; bottom: number; left: number };

/** Attributes by op. Every op may carry `activation` once fused (fuse-activations.ts). */
export interface OpAttrs {
  /** conv2d: kernel [kh, kw, cin/groups, cout] (depthwise: groups = cin, cout = cin × multiplier). */
  stride?: [number, number];
  dilation?: [number, number];
  groups?: number;
  /** channelSlice: channels `start` … `start + count − 1`. */
  start?: number;
  count?: number;
  padding?: Padding;
  /** maxPool, avgPool: window. `ceil` rounds the output size up (Caffe, ONNX ceil_mode). */
  window?: [number, number];
  ceil?: boolean;
  /** avgPool: whether padding counts in the divisor. */
  countPadding?: boolean;
  /** batchNorm */
  epsilon?: number;
  /** activation, or an activation fused into conv2d / dense / add. */
  activation?: ActivationKind;
  /** leakyRelu slope. */
  alpha?: number;
  /** pad: constant value; paddings are in `padding`. */
  value?: number;
  /** concat, softmax: axis in NHWC, negative from the end. */
  axis?: number;
  /** reshape: target shape without the batch dimension; −1 once. */
  shape?: number[];
  /** lrn */
  size?: number;
  beta?: number;
  bias?: number;
}

/** Names of weights by role. Which roles an op has: conv2d and dense `kernel`, `bias?`; batchNorm `gamma?`,
 *  `beta?`, `mean`, `variance`; add and mul `constant?` (broadcast against the input). */
export type WeightRoles = Partial<
  Record<'kernel' | 'bias' | 'gamma' | 'beta' | 'mean' | 'variance' | 'constant', string>
>;

/** One node. Where it is not obvious: `globalAvgPool`, `flatten` and `dense` give a vector [n]; `add` and `mul`
 *  have two inputs (broadcast), or one and `constant`; `hardSigmoid` is relu6(x + 3) / 6 and `hardSwish` x times
 *  that; a batchNorm without gamma or beta takes 1 and 0; `channelShuffle` reads its channels as [groups, n] and
 *  gives them as [n, groups]. */
export interface Op {
  /** Unique; the source's own name, so that people find their layer again. Also the name of its output. */
  name: string;
  op: OpKind;
  /** Names of ops or of the graph's input. */
  inputs: string[];
  attrs: OpAttrs;
  weights: WeightRoles;
}

/** A weight as stored. Quantised ones stay the file's own integers: value = scale × (q − zeroPoint), where
 *  `scale` and `zeroPoint` are per tensor (length 1) or per output channel. `zeroPoint` may be fractional. */
export type Weight =
  | { kind: 'float32'; shape: number[]; data: Float32Array }
  | {
      kind: 'quantised';
      shape: number[];
      data: Uint8Array | Uint16Array | Int8Array;
      scale: Float32Array;
      zeroPoint: Float32Array;
    };

/** A named place where a code is read: after op `op`, pooled or not. */
export interface Tap {
  op: string;
  pooling: 'avg' | 'none';
  /** Read before the activation function that `op` ends in, fused or not. */
  pre?: boolean;
}

export interface Graph {
  ops: Op[];
  /** Name and channels of the single image input; spatial size is the card's or the caller's. */
  input: { name: string; channels: number };
  /** Taps by alias: `final` on every backbone, others as the card says. */
  taps: Record<string, Tap>;
  weights: Map<string, Weight>;
}
