// The resize as its definition reads, in float64: the oracle of kernels/resize.as.ts.

import type { Span } from '../resize.ts';

/** [size, size] out of one channel, [down.inSize, across.inSize]: a double sum over the picture for every pixel. */
export function resizeNaively(values: ArrayLike<number>, across: Span, down: Span, size: number): number[] {
  const result: number[] = [];
  for (let v = 0; v < size; v++)
    for (let u = 0; u < size; u++) {
      let sum = 0;
      let total = 0;
      for (let y = 0; y < down.inSize; y++)
        for (let x = 0; x < across.inSize; x++) {
          const weight = triangle(across, size, u, x) * triangle(down, size, v, y);
          sum += weight * values[y * across.inSize + x]!;
          total += weight;
        }
      result.push(sum / total);
    }
  return result;
}

/** Weight of input pixel `at` in output pixel `out`: a triangle as wide as two outputs, or two inputs if wider. */
function triangle({ start, end }: Span, size: number, out: number, at: number): number {
  const scale = (end - start) / size;
  return Math.max(0, 1 - Math.abs(at + 0.5 - (start + (out + 0.5) * scale)) / Math.max(1, scale));
}
