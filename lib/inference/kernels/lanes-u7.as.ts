// Activations 0..127 in 16-bit lanes, as depthwise convolutions use them: see depthwise-u7.as.ts for the formula.
//
// A trap: V8's baseline compiler on x86 without AVX computes both q15mulr instructions wrongly when it puts the result
// where the second operand was while the first is still needed. That depends on which registers are free, so no order
// of operands avoids it: the self-test provokes it, in either build, and such platforms run depthwise-u7-safe.as.ts.

/** Eight bytes of a pixel, each in the upper half of a lane: x · 256. */
// @ts-ignore: decorator
@inline
export function spread(x: v128): v128 {
  return v128.shuffle<i8>(i16x8.splat(0), x, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** sum + (x · w + 2^14) >> 15. The two instructions differ for −2^15 · −2^15 only, and x is never negative. */
// @ts-ignore: decorator
@inline
export function add(x: v128, w: v128, sum: v128): v128 {
  return i16x8.add(sum, ASC_FEATURE_RELAXED_SIMD ? i16x8.relaxed_q15mulr_s(x, w) : i16x8.q15mulr_sat_s(x, w));
}

/** A sum as an output: (sum · scale + 2^14) >> 15, clamped; still in 16-bit lanes. */
// @ts-ignore: decorator
@inline
export function finish(sum: v128, scale: v128, low: v128, high: v128): v128 {
  return i16x8.min_s(i16x8.max_s(i16x8.q15mulr_sat_s(sum, scale), low), high);
}

/** Two pixels of a plane. */
// @ts-ignore: decorator
@inline
export function store2(address: usize, a: v128, b: v128): void {
  v128.store(address, i8x16.narrow_i16x8_s(a, b));
}
