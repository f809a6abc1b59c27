// float32 dense layer: one vector times a matrix, plus bias, clamped. The weights are a convolution's of one tap,
// [N/8][K][8]: read once, from front to back, which is what this layer costs; so the tile is one panel of 8 outputs,
// with four inputs at a time and an accumulator for each of the 4 × 2 products, to hide their latency.

import { clamp, madd } from './lanes-f32.as';

/** `inputs` and `outputs` count up to the next multiple of 8: x, bias and output have room, and x numbers, so far. */
export function dense_f32(
  x: usize, weights: usize, bias: usize, output: usize, inputs: i32, outputs: i32, lo: f32, hi: f32,
): void {
  const low = f32x4.splat(lo), high = f32x4.splat(hi), zero = f32x4.splat(0);
  const end = x + (<usize>((inputs + 7) & ~7) << 2);
  let w = weights;
  for (let n = 0; n < outputs; n += 8) {
    let a0 = v128.load(bias), b0 = v128.load(bias, 16);
    let a1 = zero, b1 = zero, a2 = zero, b2 = zero, a3 = zero, b3 = zero;
    let v = zero;
    for (let p = x; p < end; p += 16) {
      v = v128.load32_splat(p); a0 = madd(v, v128.load(w), a0); b0 = madd(v, v128.load(w, 16), b0);
      v = v128.load32_splat(p, 4); a1 = madd(v, v128.load(w, 32), a1); b1 = madd(v, v128.load(w, 48), b1);
      v = v128.load32_splat(p, 8); a2 = madd(v, v128.load(w, 64), a2); b2 = madd(v, v128.load(w, 80), b2);
      v = v128.load32_splat(p, 12); a3 = madd(v, v128.load(w, 96), a3); b3 = madd(v, v128.load(w, 112), b3);
      w += 128;
    }
    a0 = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
    b0 = f32x4.add(f32x4.add(b0, b1), f32x4.add(b2, b3));
    v128.store(output, clamp(a0, low, high));
    v128.store(output, clamp(b0, low, high), 16);
    bias += 32;
    output += 32;
  }
}
