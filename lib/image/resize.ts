// The antialiased triangle filter, equal to Pillow's BILINEAR resize (and to its `box`): the filter widens with
// the ratio, so every source pixel counts. Another filter moves accuracy by points, so this one is part of the
// code space. Two things differ from Pillow: nothing is rounded to 8 bits on the way, and rows may come one at
// a time and in any order, so that neither a large nor an interlaced picture ever exists as a whole.

/** Weights of one axis: output i is Σ_k weights[i·stride + k] · input[first[i] + k], k < count[i]. */
export interface AxisWeights {
  first: Int32Array;
  count: Int32Array;
  weights: Float64Array;
  stride: number;
}

/** The part of an axis that is resized: [start, end) in pixels of an input of `inSize`; may be fractional. */
export interface Span {
  inSize: number;
  start: number;
  end: number;
}

/**
 * Triangle-filter weights for mapping `span` onto `outSize` pixels. Weights of an output sum to 1; the filter
 * may read pixels beside the span, never beside the picture.
 */
export function axisWeights(span: Span, outSize: number): AxisWeights {
  const scale = (span.end - span.start) / outSize;
  const support = Math.max(scale, 1);
  const stride = Math.min(span.inSize, Math.ceil(support) * 2 + 1);
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Float64Array(outSize * stride);
  for (let i = 0; i < outSize; i++) {
    const centre = span.start + (i + 0.5) * scale;
    const from = Math.max(0, Math.floor(centre - support + 0.5));
    const to = Math.min(span.inSize, Math.floor(centre + support + 0.5));
    first[i] = from;
    count[i] = to - from;
    let sum = 0;
    for (let x = from; x < to; x++) {
      const weight = Math.max(0, 1 - Math.abs(x + 0.5 - centre) / support);
      weights[i * stride + x - from] = weight;
      sum += weight;
    }
    for (let k = 0; k < to - from; k++) weights[i * stride + k]! /= sum;
  }
  return { first, count, weights, stride };
}

export interface Resizer {
  /** Row of the input to fill, [width, 3]; valid until the next call of `addRow`. */
  readonly row: Float32Array<ArrayBuffer>;
  /** Whether row `y` counts at all; rows outside the crop need not be added. */
  needs(y: number): boolean;
  /** Adds what is in `row` as row `y`. Every needed pixel must be added once; absent ones of a row are zero. */
  addRow(y: number): void;
  /** The result so far, [size, size, 3], unrounded. */
  readonly pixels: Float64Array<ArrayBuffer>;
}

/** A resizer of RGB rows from the rectangle `across` × `down` to `size` × `size` pixels. */
export function createResizer(across: Span, down: Span, size: number): Resizer {
  const horizontal = axisWeights(across, size);
  const vertical = axisWeights(down, size);
  const { firstOut, lastOut } = outputsOfRows(vertical, down.inSize);
  const row = new Float32Array(across.inSize * 3);
  const narrow = new Float64Array(size * 3);
  const pixels = new Float64Array(size * size * 3);
  return {
    row,
    pixels,
    needs: (y) => firstOut[y]! <= lastOut[y]!,
    addRow(y) {
      const from = firstOut[y]!;
      const to = lastOut[y]!;
      if (from > to) return;
      narrowRow(row, horizontal, narrow);
      for (let out = from; out <= to; out++) {
        const weight = vertical.weights[out * vertical.stride + y - vertical.first[out]!]!;
        const base = out * narrow.length;
        for (let i = 0; i < narrow.length; i++) pixels[base + i]! += weight * narrow[i]!;
      }
    },
  };
}

/** For every input row the outputs that it reaches, [firstOut, lastOut]; the windows only move forward. */
function outputsOfRows(axis: AxisWeights, rows: number): { firstOut: Int32Array; lastOut: Int32Array } {
  const firstOut = new Int32Array(rows).fill(1);
  const lastOut = new Int32Array(rows);
  for (let out = axis.first.length - 1; out >= 0; out--) {
    for (let y = axis.first[out]!; y < axis.first[out]! + axis.count[out]!; y++) {
      if (firstOut[y]! > lastOut[y]!) lastOut[y] = out;
      firstOut[y] = out;
    }
  }
  return { firstOut, lastOut };
}

/** One row [width, 3] → [size, 3]. */
function narrowRow(row: Float32Array, axis: AxisWeights, out: Float64Array): void {
  const { first, count, weights, stride } = axis;
  for (let i = 0, to = 0; to < out.length; i++, to += 3) {
    let red = 0;
    let green = 0;
    let blue = 0;
    let at = first[i]! * 3;
    const end = i * stride + count[i]!;
    for (let k = i * stride; k < end; k++, at += 3) {
      const weight = weights[k]!;
      red += weight * row[at]!;
      green += weight * row[at + 1]!;
      blue += weight * row[at + 2]!;
    }
    out[to] = red;
    out[to + 1] = green;
    out[to + 2] = blue;
  }
}
