// A crop of a picture of floats, resized to a square with the antialiased triangle filter: lib/image's resize (which takes
// bytes from a decoder, row by row) for what is a tensor already. Weights of a pixel sum to 1, so a normalised picture
// comes out normalised.

import type { View } from './augment.ts';

/** For each output: the first input pixel, and its weights. */
type Window = { first: number; weights: Float64Array }[];

/**
 * @param picture [side, side, 3]
 * @returns [size, size, 3]
 */
export function resample(picture: Float32Array, side: number, view: View, size: number): Float32Array {
  const across = windows(side, view.left * side, view.width * side, size);
  const down = windows(side, view.top * side, view.height * side, size);
  if (view.mirrored) across.reverse();
  const from = down[0]!.first;
  const last = down[size - 1]!;
  const narrow = narrowed(picture, side, across, from, last.first + last.weights.length);
  const out = new Float32Array(size * size * 3);
  const row = new Float64Array(size * 3);
  down.forEach(({ first, weights }, y) => {
    row.fill(0);
    weights.forEach((weight, k) => {
      const at = (first + k - from) * size * 3;
      for (let i = 0; i < row.length; i++) row[i] = row[i]! + weight * narrow[at + i]!;
    });
    out.set(row, y * size * 3);
  });
  return out;
}

/** Rows from ≤ y < to of the picture, each as wide as the result: [to − from, size, 3]. */
function narrowed(
  picture: Float32Array,
  side: number,
  across: Window,
  from: number,
  to: number,
): Float64Array {
  const out = new Float64Array((to - from) * across.length * 3);
  let at = 0;
  for (let y = from; y < to; y++)
    for (const { first, weights } of across) {
      let [r, g, b] = [0, 0, 0];
      for (let k = 0, p = (y * side + first) * 3; k < weights.length; k++, p += 3) {
        const weight = weights[k]!;
        r += weight * picture[p]!;
        g += weight * picture[p + 1]!;
        b += weight * picture[p + 2]!;
      }
      out[at++] = r;
      out[at++] = g;
      out[at++] = b;
    }
  return out;
}

/** A triangle as wide as two outputs, or two inputs if those are wider; pixels beside the picture do not count. */
function windows(inSize: number, start: number, extent: number, size: number): Window {
  const scale = extent / size;
  const support = Math.max(1, scale);
  return Array.from({ length: size }, (_, out) => {
    const centre = start + (out + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(inSize, Math.floor(centre + support + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / support),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
