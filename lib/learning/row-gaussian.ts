// A Gaussian of some rows of a matrix that sees only the products of rows with each other, the Gram matrix: with
// fewer rows than columns that is far less than the columns themselves, and one Gram matrix serves every fold.
// (Principal components in the row space: Schölkopf, Smola and Müller 1998, with the plain product as kernel.)

import { type Linalg, leadingEigen } from '../linalg/index.ts';

/** Share of the mean variance that is mixed into every variance, since directions found in few rows are too sure of
 *  themselves. 0.01 to 0.3 were tried and differ little. */
const shrinkage = 0.1;
/** Rows that vary less than this around their mean, in squared units for each column, are taken for equal. */
const leastVariance = 1e-10;

export interface Gram {
  /** [n, n] products of the rows. */
  products: Float64Array;
  n: number;
  /** Length of a row. */
  dims: number;
}

export interface RowGaussian {
  /** [m, members]: row j times the member rows is direction j, up to length. */
  vectors: Float64Array;
  /** [m + 1]: as of an OpenSet. */
  precision: Float64Array;
  /** The score, as of an OpenSet, of any row of the matrix. */
  score(row: number): number;
}

/**
 * Fits to `members`; null where they are all the same. Yields progress, 0 to 1.
 *
 * @param directions how many leading directions get a variance of their own, at most.
 */
export function* fitRowGaussian(
  { products, n, dims }: Gram,
  members: number[],
  directions: number,
  linalg: Linalg,
): Generator<number, RowGaussian | null> {
  const size = members.length;
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (const t of members) means[i] = means[i]! + products[i * n + t]!;
    means[i] = means[i]! / size;
  }
  const grand = members.reduce((sum, t) => sum + means[t]!, 0) / size;
  /** Product of two rows as seen from the members' mean. */
  const centred = (i: number, j: number) => products[i * n + j]! - means[i]! - means[j]! + grand;
  const total = members.reduce((sum, t) => sum + centred(t, t), 0) / size;
  if (!(total > leastVariance * dims)) return null;
  yield 0;

  const between = (i: number, j: number) => centred(members[i]!, members[j]!);
  const { values, vectors } = yield* leadingEigen(between, size, directions, linalg);
  const precision = precisionOf(
    values.map((value) => value / size),
    total,
    dims,
  );
  const score = (row: number) => {
    const products = Float64Array.from(members, (t) => centred(row, t));
    let rest = centred(row, row);
    let sum = 0;
    for (const [j, value] of values.entries()) {
      let along = 0;
      for (let t = 0; t < size; t++) along += vectors[j * size + t]! * products[t]!;
      const squared = (along * along) / value;
      sum += squared * precision[j]!;
      rest -= squared;
    }
    return sum + Math.max(0, rest) * precision[values.length]!;
  };
  return { vectors, precision, score };
}

/** 1/(dims·variance), shrunk, of each direction and of all others together. */
function precisionOf(variances: Float64Array, total: number, dims: number): Float64Array {
  const mean = total / dims;
  const known = variances.reduce((sum, variance) => sum + variance, 0);
  const others = Math.max(0, total - known) / (dims - variances.length);
  return Float64Array.from(
    [...variances, others],
    (variance) => 1 / (dims * ((1 - shrinkage) * variance + shrinkage * mean)),
  );
}
