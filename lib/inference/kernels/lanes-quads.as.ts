// Products of activations 0..127 and int8 weights, four inputs (a quad) of four outputs in a vector of weights.

/** Eight int16 ones: a dot product with them adds pairs of lanes. In memory, so that V8 keeps them in a register. */
const onesAt = memory.data<i16>([1, 1, 1, 1, 1, 1, 1, 1], 16);

// @ts-ignore: decorator
@inline
export function ones(): v128 {
  return v128.load(onesAt);
}

/** Relaxed: sum + both quads, for four outputs. Weights come first, since only the second operand may be 7-bit. */
// @ts-ignore: decorator
@inline
export function addQuads(sum: v128, x0: v128, w0: v128, x1: v128, w1: v128, one: v128): v128 {
  const pair = i16x8.add(i16x8.relaxed_dot_i8x16_i7x16_s(w0, x0), i16x8.relaxed_dot_i8x16_i7x16_s(w1, x1));
  return i32x4.add(sum, i32x4.dot_i16x8_s(pair, one));
}

/** The first quad of eight int16, twice. */
// @ts-ignore: decorator
@inline
export function firstTwice(v: v128): v128 {
  return v128.shuffle<i64>(v, v, 0, 0);
}

/** The second quad of eight int16, twice. */
// @ts-ignore: decorator
@inline
export function secondTwice(v: v128): v128 {
  return v128.shuffle<i64>(v, v, 1, 1);
}

/** Sums of neighbouring lanes of a, then of b: halves of outputs to outputs. */
// @ts-ignore: decorator
@inline
export function pairs(a: v128, b: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
}
