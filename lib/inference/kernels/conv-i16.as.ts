// Convolutions on int16: exact sums of int16 products, two at a time, by i32x4.dot_i16x8_s.
//
// Input   planes [K / 8][pixels][8] int16, addressed through tables (lib/inference/kernels.ts).
// Weights [N / 8][taps][K / 2][8][2] int16: a vector holds two inputs of four outputs, so one 32-bit splat of the
//         activations (two inputs of a pixel) meets it in four outputs at once.
// Output  planes [N / 8][pixels][8], int16 or bytes; formula in requantise.as.ts.
// Sums    bias + Σ x·w in int32. The caller guarantees that no sum leaves int32.
// Tile    5 pixels × 8 outputs: 10 accumulators, 2 weight vectors, 1 splat and 1 product fill V8's registers. The
//         addresses of a tile are one pointer a pixel and one weight pointer that advances; from tap to tap pointers
//         move by a difference, so that no address but theirs lives through the inner loop. `lead` moves pointers
//         down and offsets up, so that V8's limits in the loop are its own where bounds are checked in code: see
//         conv-f32.as.ts. Two offsets for weights are faster there than one and a second step of the pointer.

import { addDot } from './lanes-i16.as';
import { finish, finishSum, magic, unmagic } from './requantise.as';

const tile: i32 = 5;

/** No access outside the inner loop ends where one of its own does. */
// @ts-ignore: decorator
@inline
const lead: usize = 64;

export function conv_i16_i16(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  conv<i16>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
}

export function conv_i16_u7(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  conv<u8>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
}

function conv<Out>(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  const vlo = i16x8.splat(<i16>lo), vhi = i16x8.splat(<i16>hi), round = magic(), unround = unmagic(zeroPoint);
  const tapBytes = <usize>blocks << 7;
  const span = <usize>blocks * plane;
  const tapsEnd = taps + (<usize>tapCount << 2);
  const panels = (outputs + 7) >> 3, tiles = (pixels + tile - 1) / tile;
  const outer = byRows ? tiles : panels, inner = byRows ? panels : tiles;
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) {
    const panel = <usize>(byRows ? i : o);
    // The last tile overlaps the one before; with fewer pixels than a tile the tables repeat the last one.
    const first = <usize>max(min((byRows ? o : i) * tile, pixels - tile), 0) << 2;
    const field = fields + first;
    let w = weights + panel * tapBytes * <usize>tapCount - lead;
    const biasLow = v128.load(bias + (panel << 5)), biasHigh = v128.load(bias + (panel << 5), 16);
    let a0 = biasLow, a1 = biasHigh, b0 = biasLow, b1 = biasHigh, c0 = biasLow, c1 = biasHigh;
    let d0 = biasLow, d1 = biasHigh, e0 = biasLow, e1 = biasHigh;
    let x = biasLow, w0 = biasLow, w1 = biasLow;
    let tap = taps;
    const from = input - lead + load<i32>(tap);
    let a = from + load<i32>(field), b = from + load<i32>(field, 4), c = from + load<i32>(field, 8);
    let d = from + load<i32>(field, 12), e = from + load<i32>(field, 16);
    while (true) {
      const wEnd = w + tapBytes;
      do {
        w0 = v128.load(w, lead); w1 = v128.load(w, lead + 16);
        x = v128.load32_splat(a, lead); a0 = addDot(a0, x, w0); a1 = addDot(a1, x, w1);
        x = v128.load32_splat(b, lead); b0 = addDot(b0, x, w0); b1 = addDot(b1, x, w1);
        x = v128.load32_splat(c, lead); c0 = addDot(c0, x, w0); c1 = addDot(c1, x, w1);
        x = v128.load32_splat(d, lead); d0 = addDot(d0, x, w0); d1 = addDot(d1, x, w1);
        x = v128.load32_splat(e, lead); e0 = addDot(e0, x, w0); e1 = addDot(e1, x, w1);
        w += 32;
        w0 = v128.load(w, lead); w1 = v128.load(w, lead + 16);
        x = v128.load32_splat(a, lead + 4); a0 = addDot(a0, x, w0); a1 = addDot(a1, x, w1);
        x = v128.load32_splat(b, lead + 4); b0 = addDot(b0, x, w0); b1 = addDot(b1, x, w1);
        x = v128.load32_splat(c, lead + 4); c0 = addDot(c0, x, w0); c1 = addDot(c1, x, w1);
        x = v128.load32_splat(d, lead + 4); d0 = addDot(d0, x, w0); d1 = addDot(d1, x, w1);
        x = v128.load32_splat(e, lead + 4); e0 = addDot(e0, x, w0); e1 = addDot(e1, x, w1);
        w += 32;
        w0 = v128.load(w, lead); w1 = v128.load(w, lead + 16);
        x = v128.load32_splat(a, lead + 8); a0 = addDot(a0, x, w0); a1 = addDot(a1, x, w1);
        x = v128.load32_splat(b, lead + 8); b0 = addDot(b0, x, w0); b1 = addDot(b1, x, w1);
        x = v128.load32_splat(c, lead + 8); c0 = addDot(c0, x, w0); c1 = addDot(c1, x, w1);
        x = v128.load32_splat(d, lead + 8); d0 = addDot(d0, x, w0); d1 = addDot(d1, x, w1);
        x = v128.load32_splat(e, lead + 8); e0 = addDot(e0, x, w0); e1 = addDot(e1, x, w1);
        w += 32;
        w0 = v128.load(w, lead); w1 = v128.load(w, lead + 16);
        x = v128.load32_splat(a, lead + 12); a0 = addDot(a0, x, w0); a1 = addDot(a1, x, w1);
        x = v128.load32_splat(b, lead + 12); b0 = addDot(b0, x, w0); b1 = addDot(b1, x, w1);
        x = v128.load32_splat(c, lead + 12); c0 = addDot(c0, x, w0); c1 = addDot(c1, x, w1);
        x = v128.load32_splat(d, lead + 12); d0 = addDot(d0, x, w0); d1 = addDot(d1, x, w1);
        x = v128.load32_splat(e, lead + 12); e0 = addDot(e0, x, w0); e1 = addDot(e1, x, w1);
        w += 32;
        a += plane; b += plane; c += plane; d += plane; e += plane;
      } while (w < wEnd);
      tap += 4;
      if (tap >= tapsEnd) break;
      const step = <usize>(load<i32>(tap) - load<i32>(tap - 4)) - span;
      a += step; b += step; c += step; d += step; e += step;
    }
    const s0 = v128.load(scale + (panel << 5)), s1 = v128.load(scale + (panel << 5), 16);
    const out = output + panel * outPlane, to = offsets + first;
    if (sizeof<Out>() == 2 && residual) {
      const add = residual + panel * residualPlane, at = residualOffsets + first;
      finishSum<Out>(a0, a1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to), add + load<u32>(at));
      finishSum<Out>(b0, b1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 4), add + load<u32>(at, 4));
      finishSum<Out>(c0, c1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 8), add + load<u32>(at, 8));
      finishSum<Out>(d0, d1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 12), add + load<u32>(at, 12));
      finishSum<Out>(e0, e1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 16), add + load<u32>(at, 16));
    } else {
      finish<Out>(a0, a1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to));
      finish<Out>(b0, b1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 4));
      finish<Out>(c0, c1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 8));
      finish<Out>(d0, d1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 12));
      finish<Out>(e0, e1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 16));
    }
  }
}
