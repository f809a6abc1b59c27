// What the WebAssembly modules of this folder export: the one agreement between the plan compiler, which writes
// calls down as data, and the kernels (kernels/*.as.ts). Every argument is a number; what is called an address or a
// pitch counts bytes.
//
// A value lies in planes of channel blocks: [channels / B][pixels][B]. Channels are padded to a multiple of 8.
//
//   format  a channel          B   bytes of a pixel in a plane
//   f32     float32            4   16
//   i16     int16              8   16
//   u7      0..127 in a byte   8    8
//
// Pixels of a plane are `row` bytes apart from line to line, planes `plane` bytes. Around the picture there may be a
// halo, which a convolution with padding reads: the address of a value is that of its pixel (0, 0), so that a tap of
// the kernel is one (possibly negative) distance. A vector is a picture of one pixel, and so contiguous.
//
// Convolutions know no geometry: for every output pixel a table tells how far from `input` its receptive field
// begins (i32), another how far from `output` it is written (u32), a third how far each tap of the kernel lies from
// the field's beginning (i32). Tables of pixels have at least `tableMargin` entries; what is missing repeats the last.
//
// Weights of convolutions and dense layers: [N / 8][taps][K / ks][8][ks], N outputs, K inputs of one tap (both padded
// with zeros to a multiple of 8), ks = 1 (f32), 2 (i16, int16) or 4 (u7, int8). The two builds, plain and relaxed
// SIMD, share every layout and give the same integers.
//
// Bound on int8 weights, since the relaxed build adds four products x·w in an int16 lane: in every block of eight inputs
// of one tap and output, the positive weights of inputs 0, 1, 4, 5 sum to at most 258, the negative ones in magnitude
// too, and likewise those of inputs 2, 3, 6, 7 (258 · 127 = 32,766). Int32: |bias| + Σ|x·w| < 2^31 for any x.
//
// An integer sum becomes an output as round-half-even(float32(sum) · scale) + zero point, saturated to int16, then
// `residual` is added (saturating), then it is clamped to lo..hi. |sum · scale| must stay below 12,582,912. Bias and
// scale are padded to a multiple of 8 outputs. The output must overlap neither the input nor the residual: the last
// pixels may be computed twice.

/** See above: the widest tile of a kernel, rounded up. */
export const tableMargin = 8;

/** Bytes from address 0 that belong to the module itself; plans begin here. */
export const planBase = 65_536;

/** Arguments in the order of the words beside it. */
type Kernel<_What extends string> = (...args: number[]) => void;

/** input, its plane pitch, offsets of fields, offsets of taps, number of taps, blocks of B channels a tap,
 *  weights, bias f32[N], output, its plane pitch, offsets of outputs, pixels, N, residual (0: none), its plane pitch,
 *  its offsets, lo, hi (float32), byRows (1: pixels in the outer loop, for many pixels). A residual must not overlap
 *  the output: some pixels are computed twice */
type ConvF32 = Kernel<'conv'>;
/** input, plane, fields, taps, number of taps, blocks, weights, bias i32[N], scale f32[N], output, plane, offsets,
 *  pixels, N, residual (i16 in the output's scale; 0: none; only where the output is i16), plane, offsets, lo, hi,
 *  zero point of the output, byRows */
type ConvInt = Kernel<'conv'>;
/** input (where the receptive field of output (0, 0) begins, in the halo if there is padding), plane, row, weights
 *  [planes][k·k][B], bias, output, plane, row, planes, height, width (of the output, at least 4), k (3 or 5), stride
 *  (1 or 2), lo, hi */
type DepthwiseF32 = Kernel<'depthwise'>;

export interface KernelExports {
  memory: WebAssembly.Memory;
  /** 0 if this platform computes as these kernels need it, in either build; if not, a plan calls the safe_… kernels,
   *  which give the same integers. */
  selfTest(): number;

  conv_f32: ConvF32;
  conv_i16_i16: ConvInt;
  conv_i16_u7: ConvInt;
  conv_u7_i16: ConvInt;
  conv_u7_u7: ConvInt;
  /** The same integers without relaxed operations, for a platform that fails the self-test. */
  safe_conv_u7_i16: ConvInt;
  safe_conv_u7_u7: ConvInt;

  /** x, weights (a convolution's, of one tap), bias, output, inputs, outputs, lo, hi. Weights are read once. */
  dense_f32: Kernel<'dense'>;
  /** x, weights, bias i32, scale f32, output, inputs, outputs, lo, hi, zero point */
  dense_i16_i16: Kernel<'dense'>;
  dense_i16_u7: Kernel<'dense'>;
  dense_u7_i16: Kernel<'dense'>;
  dense_u7_u7: Kernel<'dense'>;
  /** The same integers without relaxed operations. */
  safe_dense_u7_i16: Kernel<'dense'>;
  safe_dense_u7_u7: Kernel<'dense'>;

  depthwise_f32: DepthwiseF32;
  /** As depthwise_f32 for every kernel, stride and dilation: input, plane, taps i32[n], n, step down, step right
   *  (bytes in the input from one output to the next), weights [planes][n][B], bias, output, plane, row, planes,
   *  height, width, lo, hi */
  depthwise_any_f32: Kernel<'depthwise'>;
  /** i16 → i16: input, plane, row, weights i16 [planes][k·k][8], bias i32 [planes·8], scale f32 [planes·8], output,
   *  plane, row, planes, height, width (of the output, at least 4), k (3 or 5), stride (1 or 2), lo, hi. Exact sums, made
   *  outputs as a convolution's are, zero points 0. |sum| < 2^31. */
  depthwise_i16: Kernel<'depthwise'>;
  /** input, plane, taps i32[n], n, step down, step right, weights [planes][n][8], bias, scale, output, plane, row,
   *  planes, height, width, lo, hi */
  depthwise_any_i16: Kernel<'depthwise'>;
  /** u7 → u7, both with zero point 0, in 16-bit lanes; arguments as depthwise_i16, but weights, bias and scale are
   *  i16 [planes][k·k][8], [planes·8], [planes·8]:
   *    sum = bias + Σ over taps of (x · 256 · w + 16384) >> 15        (so about Σ x·w / 128)
   *    y = clamp((sum · scale + 16384) >> 15, lo, hi)                 with 0 ≤ lo ≤ hi ≤ 127
   *  The caller guarantees that no sum leaves int16 for any x (with P and Q the sums of the positive and of the negative
   *  weights' magnitudes: bias + 127 · P / 128 + k·k / 2 ≤ 32767 and bias − 127 · Q / 128 − k·k / 2 ≥ −32768). */
  depthwise_u7: Kernel<'depthwise'>;
  depthwise_any_u7: Kernel<'depthwise'>;
  safe_depthwise_u7: Kernel<'depthwise'>;
  safe_depthwise_any_u7: Kernel<'depthwise'>;

  /** float32 picture [h, w, c] → the columns that a convolution's first layer multiplies, K = kh·kw·c numbers a pixel
   *  in blocks, zeros behind them: input, h, w, c, kh, kw, stride down, stride right, dilation down, dilation right,
   *  pad top, pad left, output, plane, height, width. K is at most 4,096. */
  columns_f32: Kernel<'columns'>;
  /** The same from an int16 picture (quantise_picture), zero point 0. */
  columns_i16: Kernel<'columns'>;
  /** float32 [n] → int16 [n]: input, output, n, 1 / scale, lo, hi */
  quantise_picture: Kernel<'quantise'>;
  /** [h, w, c] in memory order → planes, and back: input, h, w, c, output, plane, row / input, plane, row, h, w, c,
   *  output. `_i16` and `_u7` move, they do not convert. */
  block_f32: Kernel<'block'>;
  block_i16: Kernel<'block'>;
  block_u7: Kernel<'block'>;
  unblock_f32: Kernel<'unblock'>;
  unblock_i16: Kernel<'unblock'>;
  unblock_u7: Kernel<'unblock'>;

  /** input, plane, row, height, width (of the input), window down, right, stride down, right, pad top, left, output,
   *  plane, row, height, width (of the output), planes. Cells outside the picture never win. */
  maxPool_f32: Kernel<'pool'>;
  maxPool_i16: Kernel<'pool'>;
  maxPool_u7: Kernel<'pool'>;
  /** As maxPool, then how far down and right cells count in the divisor: the input's height + its padding at the
   *  bottom, width + padding right (cells above and left count too), or 0 and 0: only cells of the picture count. */
  avgPool_f32: Kernel<'pool'>;
  avgPool_i16: Kernel<'pool'>;
  avgPool_u7: Kernel<'pool'>;
  /** Mean over the pixels, as f32 whatever came in: input, plane, row, height, width, planes, output; `_i16`, `_u7`
   *  then: scale, zero point. value = (sum / pixels − zero point) · scale */
  mean_f32: Kernel<'mean'>;
  mean_i16: Kernel<'mean'>;
  mean_u7: Kernel<'mean'>;

  /** a, plane, row, b, plane, row, output, plane, row, planes, height, width, lo, hi */
  add_f32: Kernel<'add'>;
  mul_f32: Kernel<'mul'>;
  /** Both in the output's scale; saturating. */
  add_i16: Kernel<'add'>;
  /** x · scale[c] + shift[c], clamped: x, plane, row, scale f32[C], shift f32[C], output, plane, row, planes, height,
   *  width, lo, hi */
  affine_f32: Kernel<'affine'>;
  /** Which function (the order of ActivationKind in lib/graph), alpha, input, plane, row, output, plane, row, planes,
   *  height, width. May run in place. The same bits on every CPU. */
  activate_f32: Kernel<'activate'>;
  /** input, plane, row, output, plane, row, channels, height, width, size, alpha / size, beta, bias.
   *  channels + size is at most 4,000. Unused channels of the output become 0. */
  lrn_f32: Kernel<'lrn'>;
  /** Over channels, at every pixel: input, plane, row, output, plane, row, channels, height, width. Unused channels
   *  of the output become 0. */
  softmax_f32: Kernel<'softmax'>;

  /** i16 → u7: input, plane, row, output, plane, row, planes, height, width, scale (input's ÷ output's), zero point */
  i16_to_u7: Kernel<'convert'>;
  /** u7 → i16: the same with the input's zero point */
  u7_to_i16: Kernel<'convert'>;
  /** → f32: value = (q − zero point) · scale. `planes` counts blocks of 8 channels in all conversions. */
  i16_to_f32: Kernel<'convert'>;
  u7_to_f32: Kernel<'convert'>;
  /** f32 → i16: then 1 / scale, lo, hi */
  f32_to_i16: Kernel<'convert'>;

  /** Copies channels one by one: input, plane, row, output, plane, row, height, width, from i32[n], to i32[n], n.
   *  Concatenation, slices and shuffles whose blocks do not line up. */
  channels_f32: Kernel<'channels'>;
  channels_i16: Kernel<'channels'>;
  channels_u7: Kernel<'channels'>;
  /** Copies pictures plane by plane: input, plane, row, output, plane, row, planes, height, bytes of a line */
  copy: Kernel<'copy'>;
  /** Sets what lies around a picture: address of the halo's first byte, plane, row, planes, lines above, lines of the
   *  picture, lines below, bytes left, bytes of a line of the picture, bytes right, byte value */
  halo: Kernel<'halo'>;
  /** Sets pictures to a number: address, plane, row, planes, height, width, value */
  fill_f32: Kernel<'fill'>;
}

/** The name of an exported kernel: what a plan's steps call. */
export type KernelName = Exclude<keyof KernelExports, 'memory' | 'selfTest'>;
