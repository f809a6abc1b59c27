// Convolutions on bytes 0..127 with int8 weights, without relaxed operations: layouts in conv-u7.as.ts.
//
// Bytes are widened to int16. A vector of weights then holds one quad of two outputs and meets the pixel's quad twice;
// i32x4.dot_i16x8_s leaves two halves of each output, which are added after the last input. No sum can leave int16,
// as there is none.
//
// Tile: 2 pixels × 8 outputs, 8 accumulators of halves, 4 vectors of activations.

import { addDot } from './lanes-i16.as';
import { firstTwice, pairs, secondTwice } from './lanes-quads.as';
import { finish, finishSum, magic, unmagic } from './requantise.as';

const tile: i32 = 2;

export function convPlain<Out>(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  const vlo = i16x8.splat(<i16>lo), vhi = i16x8.splat(<i16>hi), round = magic(), unround = unmagic(zeroPoint);
  const tapBytes = <usize>blocks << 6;
  const span = <usize>blocks * plane;
  const tapsEnd = taps + (<usize>tapCount << 2);
  const panels = (outputs + 7) >> 3, tiles = (pixels + tile - 1) / tile;
  const outer = byRows ? tiles : panels, inner = byRows ? panels : tiles;
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) {
    const panel = <usize>(byRows ? i : o);
    // The last tile overlaps the one before; with fewer pixels than a tile the tables repeat the last one.
    const first = <usize>max(min((byRows ? o : i) * tile, pixels - tile), 0) << 2;
    const field = fields + first;
    let w = weights + panel * tapBytes * <usize>tapCount;
    const biasLow = v128.load(bias + (panel << 5)), biasHigh = v128.load(bias + (panel << 5), 16);
    const zero = i32x4.splat(0);
    let a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    let b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    let xa = zero, ya = zero, xb = zero, yb = zero, v = zero;
    let tap = taps;
    const from = input + load<i32>(tap);
    let a = from + load<i32>(field), b = from + load<i32>(field, 4);
    while (true) {
      const wEnd = w + tapBytes;
      do {
        v = v128.load8x8_s(a); xa = firstTwice(v); ya = secondTwice(v);
        v = v128.load8x8_s(b); xb = firstTwice(v); yb = secondTwice(v);
        v = v128.load8x8_s(w); a0 = addDot(a0, xa, v); b0 = addDot(b0, xb, v);
        v = v128.load8x8_s(w, 8); a1 = addDot(a1, xa, v); b1 = addDot(b1, xb, v);
        v = v128.load8x8_s(w, 16); a2 = addDot(a2, xa, v); b2 = addDot(b2, xb, v);
        v = v128.load8x8_s(w, 24); a3 = addDot(a3, xa, v); b3 = addDot(b3, xb, v);
        v = v128.load8x8_s(w, 32); a0 = addDot(a0, ya, v); b0 = addDot(b0, yb, v);
        v = v128.load8x8_s(w, 40); a1 = addDot(a1, ya, v); b1 = addDot(b1, yb, v);
        v = v128.load8x8_s(w, 48); a2 = addDot(a2, ya, v); b2 = addDot(b2, yb, v);
        v = v128.load8x8_s(w, 56); a3 = addDot(a3, ya, v); b3 = addDot(b3, yb, v);
        w += 64;
        a += plane; b += plane;
      } while (w < wEnd);
      tap += 4;
      if (tap >= tapsEnd) break;
      const step = <usize>(load<i32>(tap) - load<i32>(tap - 4)) - span;
      a += step; b += step;
    }
    const s0 = v128.load(scale + (panel << 5)), s1 = v128.load(scale + (panel << 5), 16);
    const out = output + panel * outPlane, to = offsets + first;
    a0 = i32x4.add(biasLow, pairs(a0, a1)); a1 = i32x4.add(biasHigh, pairs(a2, a3));
    b0 = i32x4.add(biasLow, pairs(b0, b1)); b1 = i32x4.add(biasHigh, pairs(b2, b3));
    if (sizeof<Out>() == 2 && residual) {
      const add = residual + panel * residualPlane, at = residualOffsets + first;
      finishSum<Out>(a0, a1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to), add + load<u32>(at));
      finishSum<Out>(b0, b1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 4), add + load<u32>(at, 4));
    } else {
      finish<Out>(a0, a1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to));
      finish<Out>(b0, b1, s0, s1, round, unround, vlo, vhi, out + load<u32>(to, 4));
    }
  }
}
