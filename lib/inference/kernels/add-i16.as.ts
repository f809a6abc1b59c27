// Sum of two int16 pictures in the output's scale: clamp(saturate(a + b), lo, hi). May run in place.

import { clamp } from './requantise.as';

export function add_i16(
  a: usize, aPlane: usize, aRow: usize, b: usize, bPlane: usize, bRow: usize, output: usize, outputPlane: usize,
  outputRow: usize, planes: i32, height: i32, width: i32, lo: i32, hi: i32,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi);
  for (let i = 0; i < planes; i++)
    for (let y = 0; y < height; y++) {
      let p = a + <usize>i * aPlane + <usize>y * aRow, q = b + <usize>i * bPlane + <usize>y * bRow;
      let o = output + <usize>i * outputPlane + <usize>y * outputRow;
      for (const end = p + (<usize>width << 4); p < end; p += 16) {
        v128.store(o, clamp(i16x8.add_sat_s(v128.load(p), v128.load(q)), low, high));
        q += 16;
        o += 16;
      }
    }
}
