// Depthwise convolutions of bytes for platforms that fail the self-test: layouts, formula and integers of
// depthwise-u7.as.ts, with every product in int32. One output at a time: such platforms are rare, and right counts.

/** Distances of the taps of a kernel without dilation, at most 5 × 5. */
const tapsAt = memory.data(25 * 4, 16);

export function safe_depthwise_u7(
  input: usize, plane: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize,
  outputPlane: usize, outputRow: usize, planes: i32, height: i32, width: i32, kernel: i32, stride: i32, lo: i32, hi: i32,
): void {
  for (let t = 0; t < kernel * kernel; t++)
    store<i32>(tapsAt + (<usize>t << 2), (t / kernel) * <i32>row + (t % kernel) * 8);
  safe_depthwise_any_u7(
    input, plane, tapsAt, kernel * kernel, row * <usize>stride, <usize>stride * 8, weights, bias, scale, output,
    outputPlane, outputRow, planes, height, width, lo, hi,
  );
}

export function safe_depthwise_any_u7(
  input: usize, plane: usize, taps: usize, tapCount: i32, stepDown: usize, stepRight: usize, weights: usize,
  bias: usize, scale: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32, width: i32,
  lo: i32, hi: i32,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi);
  for (let i = 0; i < planes; i++) {
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const field = input + <usize>y * stepDown + <usize>x * stepRight;
        let sum = v128.load(bias);
        for (let t = 0; t < tapCount; t++) {
          const v = i16x8.shl(v128.load8x8_u(field + load<i32>(taps + (<usize>t << 2))), 8);
          sum = i16x8.add(sum, product(v, v128.load(weights + (<usize>t << 4))));
        }
        const result = i16x8.min_s(i16x8.max_s(product(sum, v128.load(scale)), low), high);
        v128.store64_lane(output + <usize>y * outputRow + <usize>x * 8, i8x16.narrow_i16x8_s(result, result), 0);
      }
    input += plane;
    output += outputPlane;
    weights += <usize>tapCount * 16;
    bias += 16;
    scale += 16;
  }
}

/** (a · b + 2^14) >> 15, saturated to int16. */
// @ts-ignore: decorator
@inline
function product(a: v128, b: v128): v128 {
  const half = i32x4.splat(0x4000);
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(i32x4.extmul_low_i16x8_s(a, b), half), 15),
    i32x4.shr_s(i32x4.add(i32x4.extmul_high_i16x8_s(a, b), half), 15),
  );
}
