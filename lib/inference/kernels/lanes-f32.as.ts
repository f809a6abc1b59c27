// Shorthand over four float32 lanes. `madd` is the one place where the two builds differ in float32: x·w + sum, fused
// where relaxed SIMD is there; only conv_f32, dense_f32 and depthwise_f32 use it.

// @ts-ignore: decorator
@inline
export function madd(x: v128, w: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, w, sum);
  return f32x4.add(sum, f32x4.mul(x, w));
}

/** lo..hi; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function clamp(x: v128, lo: v128, hi: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, lo), hi);
}
