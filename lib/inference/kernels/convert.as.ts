// From one format to another, picture by picture; `planes` counts blocks of 8 channels.
//
//   integer → integer   q' = round-half-even(float32(q − zero point) · scale) + zero point', saturated to the format
//   integer → float32   (q − zero point) · scale, one rounding
//   float32 → int16     round-half-even(x · (1 / scale)), clamped to lo..hi; NaN becomes lo
//
// Float planes hold 4 channels, so a block of 8 channels is two of them. Plain operations only, as in requantise.as.ts.

import { clamp, magic, requantise, unmagic } from './requantise.as';

/** int16, zero point 0 → bytes, zero point as stated. `scale` is the input's ÷ the output's. */
export function i16_to_u7(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32,
  width: i32, scale: f32, zeroPoint: i32,
): void {
  const s = f32x4.splat(scale), round = magic(), unround = unmagic(zeroPoint);
  const low = i16x8.splat(0), high = i16x8.splat(127);
  for (let i = 0; i < planes; i++)
    for (let y = 0; y < height; y++) {
      let p = input + <usize>i * plane + <usize>y * row, o = output + <usize>i * outputPlane + <usize>y * outputRow;
      for (const end = p + (<usize>width << 4); p < end; p += 16) {
        const v = v128.load(p);
        const q = requantise(
          i32x4.extend_low_i16x8_s(v), i32x4.extend_high_i16x8_s(v), s, s, round, unround,
        );
        const r = clamp(q, low, high);
        v128.store64_lane(o, i8x16.narrow_i16x8_s(r, r), 0);
        o += 8;
      }
    }
}

/** Bytes, zero point as stated → int16, zero point 0. `scale` is the input's ÷ the output's. */
export function u7_to_i16(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32,
  width: i32, scale: f32, zeroPoint: i32,
): void {
  const s = f32x4.splat(scale), round = magic(), unround = unmagic(0), zero = i16x8.splat(<i16>zeroPoint);
  for (let i = 0; i < planes; i++)
    for (let y = 0; y < height; y++) {
      let p = input + <usize>i * plane + <usize>y * row, o = output + <usize>i * outputPlane + <usize>y * outputRow;
      for (const end = p + (<usize>width << 3); p < end; p += 8) {
        const v = i16x8.sub(v128.load8x8_s(p), zero);
        v128.store(
          o,
          requantise(i32x4.extend_low_i16x8_s(v), i32x4.extend_high_i16x8_s(v), s, s, round, unround),
        );
        o += 16;
      }
    }
}

export function i16_to_f32(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32,
  width: i32, scale: f32, zeroPoint: i32,
): void {
  toFloat<i16>(input, plane, row, output, outputPlane, outputRow, planes, height, width, scale, zeroPoint);
}

export function u7_to_f32(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32,
  width: i32, scale: f32, zeroPoint: i32,
): void {
  toFloat<u8>(input, plane, row, output, outputPlane, outputRow, planes, height, width, scale, zeroPoint);
}

function toFloat<In>(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32,
  width: i32, scale: f32, zeroPoint: i32,
): void {
  const pixel = <usize>sizeof<In>() * 8, s = f32x4.splat(scale), zero = i32x4.splat(zeroPoint);
  for (let i = 0; i < planes; i++)
    for (let y = 0; y < height; y++) {
      let p = input + <usize>i * plane + <usize>y * row, o = output + <usize>i * 2 * outputPlane + <usize>y * outputRow;
      for (const end = p + <usize>width * pixel; p < end; p += pixel) {
        const v = sizeof<In>() == 2 ? v128.load(p) : v128.load8x8_s(p);
        v128.store(o, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_low_i16x8_s(v), zero)), s));
        v128.store(o + outputPlane, f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.extend_high_i16x8_s(v), zero)), s));
        o += 16;
      }
    }
}

export function f32_to_i16(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32,
  width: i32, inverseScale: f32, lo: i32, hi: i32,
): void {
  const s = f32x4.splat(inverseScale), low = f32x4.splat(<f32>lo), high = f32x4.splat(<f32>hi);
  for (let i = 0; i < planes; i++)
    for (let y = 0; y < height; y++) {
      let p = input + <usize>i * 2 * plane + <usize>y * row, o = output + <usize>i * outputPlane + <usize>y * outputRow;
      for (const end = p + (<usize>width << 4); p < end; p += 16) {
        v128.store(o, i16x8.narrow_i32x4_s(toInteger(v128.load(p), s, low, high), toInteger(v128.load(p + plane), s, low, high)));
        o += 16;
      }
    }
}

/** pmax(low, v) is low where v is NaN; after the clamp every number is small enough for an exact conversion. */
// @ts-ignore: decorator
@inline
function toInteger(x: v128, inverseScale: v128, low: v128, high: v128): v128 {
  const v = f32x4.nearest(f32x4.mul(x, inverseScale));
  return i32x4.trunc_sat_f32x4_s(f32x4.pmin(f32x4.pmax(low, v), high));
}
