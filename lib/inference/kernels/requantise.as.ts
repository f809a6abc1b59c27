// From exact int32 sums to stored integers, the same for every convolution and dense layer:
//
//   y = round-half-even(float32(sum) · scale[channel]) + zero point, saturated to int16
//   y = y + residual, saturated to int16 (where there is one)
//   y = clamp(y, lo, hi)
//
// float32(sum) and the product each round once, to nearest even; no operation may be contracted or relaxed, or CPUs
// would disagree. Rounding to an integer is an addition: 1.5 · 2^23 + v has no bits left for a fraction while
// |v| ≤ 2^22, and its bit pattern, read as an integer, counts up from 0x4B400000. Beyond 2^22 the pattern still grows
// with v, so that it saturates as it should, until the sum changes its sign at v = −12,582,912.

/** 1.5 · 2^23 four times. In memory, since V8 would rebuild a constant wherever it is used. */
const magicAt = memory.data<f32>([12582912.0, 12582912.0, 12582912.0, 12582912.0], 16);
const magicBits: i32 = 0x4b400000;

// @ts-ignore: decorator
@inline
export function magic(): v128 {
  return v128.load(magicAt);
}

/** What is taken from the bit pattern: the pattern of zero, less the output's zero point. */
// @ts-ignore: decorator
@inline
export function unmagic(zeroPoint: i32): v128 {
  return i32x4.splat(magicBits - zeroPoint);
}

/** Eight sums (low, high) with their scales → eight int16. */
// @ts-ignore: decorator
@inline
export function requantise(
  low: v128, high: v128, scaleLow: v128, scaleHigh: v128, magic: v128, unmagic: v128,
): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.sub(f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(low), scaleLow), magic), unmagic),
    i32x4.sub(f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(high), scaleHigh), magic), unmagic),
  );
}

// @ts-ignore: decorator
@inline
export function clamp(y: v128, lo: v128, hi: v128): v128 {
  return i16x8.min_s(i16x8.max_s(y, lo), hi);
}

/** One pixel of a block: eight int16, or, with Out = u8, eight bytes 0..127. */
// @ts-ignore: decorator
@inline
function storePixel<Out>(address: usize, y: v128): void {
  if (sizeof<Out>() == 2) v128.store(address, y);
  else v128.store64_lane(address, i8x16.narrow_i16x8_s(y, y), 0);
}

/** Requantises, clamps and stores one pixel. */
// @ts-ignore: decorator
@inline
export function finish<Out>(
  low: v128, high: v128, scaleLow: v128, scaleHigh: v128, magic: v128, unmagic: v128, lo: v128, hi: v128,
  address: usize,
): void {
  storePixel<Out>(address, clamp(requantise(low, high, scaleLow, scaleHigh, magic, unmagic), lo, hi));
}

/** The same with a residual, eight int16, added before the clamp. */
// @ts-ignore: decorator
@inline
export function finishSum<Out>(
  low: v128, high: v128, scaleLow: v128, scaleHigh: v128, magic: v128, unmagic: v128, lo: v128, hi: v128,
  address: usize, residual: usize,
): void {
  const y = requantise(low, high, scaleLow, scaleHigh, magic, unmagic);
  storePixel<Out>(address, clamp(i16x8.add_sat_s(y, v128.load(residual)), lo, hi));
}
