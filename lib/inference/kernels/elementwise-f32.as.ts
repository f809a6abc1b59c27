// Element by element over float32 pictures: sum, product, x · scale[c] + shift[c], each clamped. All read and write
// planes [C/4][pixels][4] with pitches of their own; an output may be where an input is. No relaxed operations: an
// integer plan runs these between conversions and has the same bits on every CPU.

import { clamp } from './lanes-f32.as';

/** As `add_f32` of kernels.ts. */
export function add_f32(
  a: usize, planeA: usize, rowA: usize, b: usize, planeB: usize, rowB: usize,
  output: usize, plane: usize, row: usize, planes: i32, height: i32, width: i32, lo: f32, hi: f32,
): void {
  const low = f32x4.splat(lo), high = f32x4.splat(hi);
  const bytes = <usize>width << 4;
  for (let c: usize = 0; c < <usize>planes; c++)
    for (let y: usize = 0; y < <usize>height; y++) {
      let p = a + c * planeA + y * rowA, q = b + c * planeB + y * rowB, o = output + c * plane + y * row;
      for (const end = o + bytes; o < end; o += 16) {
        v128.store(o, clamp(f32x4.add(v128.load(p), v128.load(q)), low, high));
        p += 16;
        q += 16;
      }
    }
}

/** As `mul_f32` of kernels.ts. */
export function mul_f32(
  a: usize, planeA: usize, rowA: usize, b: usize, planeB: usize, rowB: usize,
  output: usize, plane: usize, row: usize, planes: i32, height: i32, width: i32, lo: f32, hi: f32,
): void {
  const low = f32x4.splat(lo), high = f32x4.splat(hi);
  const bytes = <usize>width << 4;
  for (let c: usize = 0; c < <usize>planes; c++)
    for (let y: usize = 0; y < <usize>height; y++) {
      let p = a + c * planeA + y * rowA, q = b + c * planeB + y * rowB, o = output + c * plane + y * row;
      for (const end = o + bytes; o < end; o += 16) {
        v128.store(o, clamp(f32x4.mul(v128.load(p), v128.load(q)), low, high));
        p += 16;
        q += 16;
      }
    }
}

/** As `affine_f32` of kernels.ts. */
export function affine_f32(
  x: usize, planeX: usize, rowX: usize, scale: usize, shift: usize,
  output: usize, plane: usize, row: usize, planes: i32, height: i32, width: i32, lo: f32, hi: f32,
): void {
  const low = f32x4.splat(lo), high = f32x4.splat(hi);
  const bytes = <usize>width << 4;
  for (let c: usize = 0; c < <usize>planes; c++) {
    const factor = v128.load(scale + (c << 4)), term = v128.load(shift + (c << 4));
    for (let y: usize = 0; y < <usize>height; y++) {
      let p = x + c * planeX + y * rowX, o = output + c * plane + y * row;
      for (const end = o + bytes; o < end; o += 16) {
        v128.store(o, clamp(f32x4.add(f32x4.mul(v128.load(p), factor), term), low, high));
        p += 16;
      }
    }
  }
}
