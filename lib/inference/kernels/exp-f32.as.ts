// eˣ of four float32 numbers, x ≤ 0, from plain operations only: the same bits on every CPU. x = n·ln 2 + r with
// |r| ≤ ln 2 / 2 (Cody and Waite, ln 2 in two parts), Taylor to r⁷ (the rest is below 6e-9), then 2ⁿ by its exponent.
// Within 2e-7 of the true value; 0 where that is no normal number any more. NaN gives NaN.
//
// Constants lie in memory, each four times: V8 would make a v128 constant anew, in several instructions, at every use.

const constants: usize = memory.data<f32>([
  1.44269504, 1.44269504, 1.44269504, 1.44269504, // 1 / ln 2
  12582912, 12582912, 12582912, 12582912, // 1.5 · 2²³: added, it rounds to a whole number and leaves that in the low bits
  0.693359375, 0.693359375, 0.693359375, 0.693359375, // ln 2, its first 10 bits: times n it is exact
  -2.1219444e-4, -2.1219444e-4, -2.1219444e-4, -2.1219444e-4, // and the rest
  1.984127e-4, 1.984127e-4, 1.984127e-4, 1.984127e-4, // 1 / 7!
  0.0013888889, 0.0013888889, 0.0013888889, 0.0013888889, // 1 / 6!
  0.008333334, 0.008333334, 0.008333334, 0.008333334,
  0.041666668, 0.041666668, 0.041666668, 0.041666668,
  0.16666667, 0.16666667, 0.16666667, 0.16666667,
  0.5, 0.5, 0.5, 0.5,
  1, 1, 1, 1, // its bits are also the exponent's zero
  -87, -87, -87, -87,
], 16);

// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  const magic = v128.load(constants, 16), one = v128.load(constants, 160);
  const whole = f32x4.add(f32x4.mul(x, v128.load(constants)), magic);
  const n = f32x4.sub(whole, magic);
  const r = f32x4.sub(
    f32x4.sub(x, f32x4.mul(n, v128.load(constants, 32))),
    f32x4.mul(n, v128.load(constants, 48)),
  );
  let p = v128.load(constants, 64);
  p = f32x4.add(f32x4.mul(p, r), v128.load(constants, 80));
  p = f32x4.add(f32x4.mul(p, r), v128.load(constants, 96));
  p = f32x4.add(f32x4.mul(p, r), v128.load(constants, 112));
  p = f32x4.add(f32x4.mul(p, r), v128.load(constants, 128));
  p = f32x4.add(f32x4.mul(p, r), v128.load(constants, 144));
  p = f32x4.add(f32x4.mul(p, r), one);
  p = f32x4.add(f32x4.mul(p, r), one);
  const scale = i32x4.add(i32x4.shl(whole, 23), one);
  return v128.andnot(f32x4.mul(p, scale), f32x4.lt(x, v128.load(constants, 176)));
}
