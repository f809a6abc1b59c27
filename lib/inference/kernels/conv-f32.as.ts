// float32 convolution over tables of pixels: for every output pixel, Σ over taps and input channels of x·w, plus
// bias, plus residual, clamped. One tap at distance 0 is a matrix product.
//
//   input    planes [K/4][pixels][4]
//   weights  [N/8][taps][K][8]: a panel is 8 outputs, read from front to back for every tile
//   output   planes [N/4][pixels][4]
//
// A tile is 6 pixels × 8 outputs: 12 accumulators, 2 weights and 1 splat fill the 15 registers that V8 has for SIMD. It
// is 5 × 8 without relaxed operations, where a product needs a register of its own. The last tile begins at M − rows;
// with fewer pixels than a tile it relies on tables that repeat their last entry. Pixels are then computed twice, which
// is why the residual must not be where the output is.
//
// Each pixel of the tile has a pointer, and weights have one that advances. Where bounds are checked in code, as in
// workerd, V8 compares with one limit for each distinct end (offset + size) of an access. The inner loop has four, and
// they are its own: `lead` moves its pointers down and its offsets up, because a limit that also serves code before
// the loop is kept in memory, and every check then costs a load (a fifth of the speed).

import { clamp, madd } from './lanes-f32.as';

/** See above: no access outside the inner loop ends at lead + 4, 8, 12 or 16. */
// @ts-ignore: decorator
@inline
const lead: usize = 64;

// @ts-ignore: decorator
@inline
const rows: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

export function conv_f32(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32,
  weights: usize, bias: usize, output: usize, outputPlane: usize, offsets: usize, pixels: i32, outputs: i32,
  residual: usize, residualPlane: usize, residualOffsets: usize, lo: f32, hi: f32, byRows: i32,
): void {
  const panelBytes = <usize>(tapCount * blocks) * 128;
  const panels = (outputs + 7) >> 3;
  const tiles = (pixels + rows - 1) / rows;
  const outer = byRows ? tiles : panels;
  const inner = byRows ? panels : tiles;
  for (let i = 0; i < outer; i++)
    for (let j = 0; j < inner; j++) {
      const first = <usize>max(min((byRows ? i : j) * rows, pixels - rows), 0) << 2;
      const panel = <usize>(byRows ? j : i);
      tile(
        input, plane, fields + first, taps, taps + (<usize>tapCount << 2), <usize>blocks * 128,
        weights + panel * panelBytes, bias + panel * 32,
        output + panel * 2 * outputPlane, outputPlane, offsets + first,
        residual ? residual + panel * 2 * residualPlane : 0, residualPlane, residualOffsets + first, lo, hi,
      );
    }
}

// @ts-ignore: decorator
@inline
function tile(
  input: usize, plane: usize, fields: usize, tap: usize, tapsEnd: usize, tapBytes: usize,
  w: usize, bias: usize, output: usize, outputPlane: usize, offsets: usize,
  residual: usize, residualPlane: usize, residualOffsets: usize, lo: f32, hi: f32,
): void {
  w -= lead;
  let w0 = v128.load(bias), w1 = v128.load(bias, 16);
  let a0 = w0, a1 = w0, a2 = w0, a3 = w0, a4 = w0, a5 = w0;
  let b0 = w1, b1 = w1, b2 = w1, b3 = w1, b4 = w1, b5 = w1;
  let x = w0;
  do {
    const base = input - lead + load<i32>(tap);
    let p0 = base + load<i32>(fields), p1 = base + load<i32>(fields, 4), p2 = base + load<i32>(fields, 8);
    let p3 = base + load<i32>(fields, 12), p4 = base + load<i32>(fields, 16), p5 = p4;
    if (rows == 6) p5 = base + load<i32>(fields, 20);
    const end = w + tapBytes;
    do {
      w0 = v128.load(w, lead); w += 16; w1 = v128.load(w, lead); w += 16;
      x = v128.load32_splat(p0, lead); a0 = madd(x, w0, a0); b0 = madd(x, w1, b0);
      x = v128.load32_splat(p1, lead); a1 = madd(x, w0, a1); b1 = madd(x, w1, b1);
      x = v128.load32_splat(p2, lead); a2 = madd(x, w0, a2); b2 = madd(x, w1, b2);
      x = v128.load32_splat(p3, lead); a3 = madd(x, w0, a3); b3 = madd(x, w1, b3);
      x = v128.load32_splat(p4, lead); a4 = madd(x, w0, a4); b4 = madd(x, w1, b4);
      if (rows == 6) { x = v128.load32_splat(p5, lead); a5 = madd(x, w0, a5); b5 = madd(x, w1, b5); }
      w0 = v128.load(w, lead); w += 16; w1 = v128.load(w, lead); w += 16;
      x = v128.load32_splat(p0, lead + 4); a0 = madd(x, w0, a0); b0 = madd(x, w1, b0);
      x = v128.load32_splat(p1, lead + 4); a1 = madd(x, w0, a1); b1 = madd(x, w1, b1);
      x = v128.load32_splat(p2, lead + 4); a2 = madd(x, w0, a2); b2 = madd(x, w1, b2);
      x = v128.load32_splat(p3, lead + 4); a3 = madd(x, w0, a3); b3 = madd(x, w1, b3);
      x = v128.load32_splat(p4, lead + 4); a4 = madd(x, w0, a4); b4 = madd(x, w1, b4);
      if (rows == 6) { x = v128.load32_splat(p5, lead + 4); a5 = madd(x, w0, a5); b5 = madd(x, w1, b5); }
      w0 = v128.load(w, lead); w += 16; w1 = v128.load(w, lead); w += 16;
      x = v128.load32_splat(p0, lead + 8); a0 = madd(x, w0, a0); b0 = madd(x, w1, b0);
      x = v128.load32_splat(p1, lead + 8); a1 = madd(x, w0, a1); b1 = madd(x, w1, b1);
      x = v128.load32_splat(p2, lead + 8); a2 = madd(x, w0, a2); b2 = madd(x, w1, b2);
      x = v128.load32_splat(p3, lead + 8); a3 = madd(x, w0, a3); b3 = madd(x, w1, b3);
      x = v128.load32_splat(p4, lead + 8); a4 = madd(x, w0, a4); b4 = madd(x, w1, b4);
      if (rows == 6) { x = v128.load32_splat(p5, lead + 8); a5 = madd(x, w0, a5); b5 = madd(x, w1, b5); }
      w0 = v128.load(w, lead); w += 16; w1 = v128.load(w, lead); w += 16;
      x = v128.load32_splat(p0, lead + 12); a0 = madd(x, w0, a0); b0 = madd(x, w1, b0);
      x = v128.load32_splat(p1, lead + 12); a1 = madd(x, w0, a1); b1 = madd(x, w1, b1);
      x = v128.load32_splat(p2, lead + 12); a2 = madd(x, w0, a2); b2 = madd(x, w1, b2);
      x = v128.load32_splat(p3, lead + 12); a3 = madd(x, w0, a3); b3 = madd(x, w1, b3);
      x = v128.load32_splat(p4, lead + 12); a4 = madd(x, w0, a4); b4 = madd(x, w1, b4);
      if (rows == 6) { x = v128.load32_splat(p5, lead + 12); a5 = madd(x, w0, a5); b5 = madd(x, w1, b5); }
      p0 += plane; p1 += plane; p2 += plane; p3 += plane; p4 += plane;
      if (rows == 6) p5 += plane;
    } while (w < end);
    tap += 4;
  } while (tap < tapsEnd);
  if (residual) {
    const r = residual, s = residual + residualPlane;
    let at = <usize>load<u32>(residualOffsets);
    a0 = f32x4.add(a0, v128.load(r + at)); b0 = f32x4.add(b0, v128.load(s + at));
    at = load<u32>(residualOffsets, 4);
    a1 = f32x4.add(a1, v128.load(r + at)); b1 = f32x4.add(b1, v128.load(s + at));
    at = load<u32>(residualOffsets, 8);
    a2 = f32x4.add(a2, v128.load(r + at)); b2 = f32x4.add(b2, v128.load(s + at));
    at = load<u32>(residualOffsets, 12);
    a3 = f32x4.add(a3, v128.load(r + at)); b3 = f32x4.add(b3, v128.load(s + at));
    at = load<u32>(residualOffsets, 16);
    a4 = f32x4.add(a4, v128.load(r + at)); b4 = f32x4.add(b4, v128.load(s + at));
    if (rows == 6) {
      at = load<u32>(residualOffsets, 20);
      a5 = f32x4.add(a5, v128.load(r + at)); b5 = f32x4.add(b5, v128.load(s + at));
    }
  }
  const low = f32x4.splat(lo), high = f32x4.splat(hi);
  store2(output + load<u32>(offsets), outputPlane, a0, b0, low, high);
  store2(output + load<u32>(offsets, 4), outputPlane, a1, b1, low, high);
  store2(output + load<u32>(offsets, 8), outputPlane, a2, b2, low, high);
  store2(output + load<u32>(offsets, 12), outputPlane, a3, b3, low, high);
  store2(output + load<u32>(offsets, 16), outputPlane, a4, b4, low, high);
  if (rows == 6) store2(output + load<u32>(offsets, 20), outputPlane, a5, b5, low, high);
}

// @ts-ignore: decorator
@inline
function store2(at: usize, plane: usize, a: v128, b: v128, lo: v128, hi: v128): void {
  v128.store(at, clamp(a, lo, hi));
  v128.store(at + plane, clamp(b, lo, hi));
}
