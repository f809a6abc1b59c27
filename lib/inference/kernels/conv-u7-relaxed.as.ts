// Convolutions on bytes 0..127 with int8 weights, in relaxed SIMD: layouts in conv-u7.as.ts.
//
// A relaxed dot multiplies 16 pairs and adds neighbours in int16. The dots of the two words of a block are added in
// int16, too, before a dot with ones widens them, which halves the widening: 32 products take two dots, two additions
// and one widening. So four products meet in a lane, those of inputs 0, 1, 4, 5 or 2, 3, 6, 7 of a block, and the
// caller's bound on such quads of weights (lib/inference/kernels.ts) keeps them inside int16.
//
// Tile: 5 pixels × 8 outputs, 10 accumulators. With four vectors of weights that is more than V8's registers hold, but
// 4 × 8, which fits, is no faster. One pointer a pixel, one weight pointer; from tap to tap pointers move by a
// difference, so that no address but theirs lives through the inner loop. `lead` keeps the loop's limits to itself
// where bounds are checked in code: see conv-f32.as.ts.

import { addQuads, ones } from './lanes-quads.as';
import { finish, finishSum, magic, unmagic } from './requantise.as';

const tile: i32 = 5;

/** No access outside the inner loop ends where one of its own does. */
// @ts-ignore: decorator
@inline
const lead: usize = 64;

export function convRelaxed<Out>(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  const one = ones();
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
    let w = weights + panel * tapBytes * <usize>tapCount - lead;
    const biasLow = v128.load(bias + (panel << 5)), biasHigh = v128.load(bias + (panel << 5), 16);
    let a0 = biasLow, a1 = biasHigh, b0 = biasLow, b1 = biasHigh, c0 = biasLow, c1 = biasHigh;
    let d0 = biasLow, d1 = biasHigh, e0 = biasLow, e1 = biasHigh;
    let x0 = biasLow, x1 = biasLow, w00 = biasLow, w01 = biasLow, w10 = biasLow, w11 = biasLow;
    let tap = taps;
    const from = input - lead + load<i32>(tap);
    let a = from + load<i32>(field), b = from + load<i32>(field, 4), c = from + load<i32>(field, 8);
    let d = from + load<i32>(field, 12), e = from + load<i32>(field, 16);
    while (true) {
      const wEnd = w + tapBytes;
      do {
        w00 = v128.load(w, lead); w10 = v128.load(w, lead + 32);
        w01 = v128.load(w, lead + 16); w11 = v128.load(w, lead + 48);
        x0 = v128.load32_splat(a, lead); x1 = v128.load32_splat(a, lead + 4);
        a0 = addQuads(a0, x0, w00, x1, w10, one); a1 = addQuads(a1, x0, w01, x1, w11, one);
        x0 = v128.load32_splat(b, lead); x1 = v128.load32_splat(b, lead + 4);
        b0 = addQuads(b0, x0, w00, x1, w10, one); b1 = addQuads(b1, x0, w01, x1, w11, one);
        x0 = v128.load32_splat(c, lead); x1 = v128.load32_splat(c, lead + 4);
        c0 = addQuads(c0, x0, w00, x1, w10, one); c1 = addQuads(c1, x0, w01, x1, w11, one);
        x0 = v128.load32_splat(d, lead); x1 = v128.load32_splat(d, lead + 4);
        d0 = addQuads(d0, x0, w00, x1, w10, one); d1 = addQuads(d1, x0, w01, x1, w11, one);
        x0 = v128.load32_splat(e, lead); x1 = v128.load32_splat(e, lead + 4);
        e0 = addQuads(e0, x0, w00, x1, w10, one); e1 = addQuads(e1, x0, w01, x1, w11, one);
        w += 64;
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
