// float32 → int16, number by number: round-half-even(x / scale), within lo..hi. What is no number becomes 0. The
// vector that begins at n − 8 comes last; fewer than 8 numbers go one by one.

export function quantise_picture(input: usize, output: usize, n: i32, inverseScale: f32, lo: i32, hi: i32): void {
  const inverse = f32x4.splat(inverseScale), low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi);
  if (n >= 8)
    for (let i = 0; i < n; i += 8) {
      const at = <usize>min(i, n - 8);
      const from = input + (at << 2);
      const a = integers(v128.load(from), inverse), b = integers(v128.load(from, 16), inverse);
      v128.store(output + (at << 1), i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(a, b), low), high));
    }
  else
    for (let i: usize = 0; i < <usize>n; i++) {
      const a = integers(v128.load32_splat(input + (i << 2)), inverse);
      const one = i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(a, a), low), high);
      store<i16>(output + (i << 1), i16x8.extract_lane_s(one, 0));
    }
}

// @ts-ignore: decorator
@inline
function integers(x: v128, inverse: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(x, inverse)));
}
