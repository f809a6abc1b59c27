// Standardisation: column − mean, over the population standard deviation, as scikit-learn's StandardScaler.

/** Rows from ≤ i < to of a matrix. */
export interface RowRange {
  from: number;
  to: number;
}

export interface Standardisation {
  mean: Float64Array;
  /** 1/σ; 0 where the column is constant, whose weight is then exactly 0. */
  inverseScale: Float64Array;
}

/**
 * Means and scales of the columns over some rows, in two passes of float64.
 *
 * @param values row-major, rows `stride` apart. @param cols columns that count.
 */
export function standardise(
  values: Float32Array,
  stride: number,
  cols: number,
  ranges: RowRange[],
): Standardisation {
  const mean = new Float64Array(cols);
  const inverseScale = new Float64Array(cols);
  const n = countRows(ranges);
  forEachRow(ranges, stride, (at) => {
    for (let k = 0; k < cols; k++) mean[k] = mean[k]! + values[at + k]!;
  });
  for (let k = 0; k < cols; k++) mean[k] = mean[k]! / n;
  const squares = inverseScale;
  forEachRow(ranges, stride, (at) => {
    for (let k = 0; k < cols; k++) {
      const d = values[at + k]! - mean[k]!;
      squares[k] = squares[k]! + d * d;
    }
  });
  for (let k = 0; k < cols; k++) {
    const variance = squares[k]! / n;
    // What rounding alone leaves of a constant column (Chan, Golub and LeVeque 1983) counts as no variance.
    const rounding = n * Number.EPSILON * Math.abs(mean[k]!);
    inverseScale[k] = variance > rounding * rounding ? 1 / Math.sqrt(variance) : 0;
  }
  return { mean, inverseScale };
}

/** The number of rows in all ranges. */
export function countRows(ranges: RowRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

function forEachRow(ranges: RowRange[], stride: number, visit: (at: number) => void): void {
  for (const { from, to } of ranges) for (let i = from; i < to; i++) visit(i * stride);
}
