// Z·Zᵀ = L·Lᵀ for a matrix Z with fewer rows than columns, L lower triangular in the order of its pivots: row
// coordinates of Z in which nothing is lost. Rows that depend on others (duplicates, and one row of any centred
// matrix) add no column. The products Z·Zᵀ are never stored: a block of candidates at a time, the rows that are
// worst explained so far, goes through the SIMD kernels against Z and against L (left-looking, Golub and Van Loan,
// Matrix Computations, 4.2.9), and only the block itself is eliminated here.

import type { Workspace } from './linalg.ts';
import type { Steps } from './steps.ts';

/** Candidates that go through the kernels together; fewer leave them half idle, more are chosen worse. */
export const candidateBlock = 16;
/** A row of whose squared length less than this share of the longest's is unexplained counts as explained: ten
 *  times what the kernels' float32 sums leave of a duplicate. */
const negligible = 1e-6;

export interface RowFactor {
  /** L, [n, rank] at rows `stride` apart. */
  factor: Float32Array;
  stride: number;
  rank: number;
  /** [rank]: the row of Z whose diagonal stands in column a. L[pivots[a], b] = 0 for b > a. */
  pivots: Int32Array;
}

/** @param z Z as x, with `candidateBlock` outputs; its weights and scores are overwritten. Yields between blocks. */
export function* pivotedCholesky(z: Workspace): Steps<RowFactor> {
  const n = z.rows;
  const l = z.linalg.workspace(n, n, candidateBlock);
  const unexplained = squaredLengths(z);
  const enough = negligible * unexplained.reduce((a, b) => Math.max(a, b), 0);
  const pivots: number[] = [];
  while (true) {
    const candidates = worstExplained(unexplained, enough);
    if (!candidates.length) break;
    const columns = remainders(z, l, candidates);
    eliminate(l, columns, candidates, unexplained, enough, pivots);
    yield;
  }
  return { factor: l.x, stride: l.stride, rank: pivots.length, pivots: Int32Array.from(pivots) };
}

function squaredLengths({ x, rows, cols, stride }: Workspace): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let k = i * stride; k < i * stride + cols; k++) sum += x[k]! * x[k]!;
    return sum;
  });
}

function worstExplained(unexplained: Float64Array, enough: number): number[] {
  const open: number[] = [];
  for (const [i, left] of unexplained.entries()) if (left > enough) open.push(i);
  open.sort((i, j) => unexplained[j]! - unexplained[i]! || i - j);
  return open.slice(0, candidateBlock);
}

/** Columns of Z·Zᵀ − L·Lᵀ, as [n, candidateBlock]; those beyond the candidates mean nothing. */
function remainders(z: Workspace, l: Workspace, candidates: number[]): Float64Array {
  for (const side of [z, l]) {
    for (const [a, row] of candidates.entries())
      side.weights.set(side.x.subarray(row * side.stride, (row + 1) * side.stride), a * side.stride);
    side.computeScores(0, side.rows);
  }
  const { scores } = z;
  for (let at = 0; at < scores.length; at++) scores[at] = scores[at]! - l.scores[at]!;
  return scores;
}

/** Adds a column of L for each candidate that the ones before leave unexplained, the worst explained first. */
function eliminate(
  { x: l, rows: n, stride }: Workspace,
  columns: Float64Array,
  candidates: number[],
  unexplained: Float64Array,
  enough: number,
  pivots: number[],
): void {
  const first = pivots.length;
  const open = new Set(candidates.keys());
  while (open.size) {
    let a = -1;
    for (const b of open) if (a < 0 || unexplained[candidates[b]!]! > unexplained[candidates[a]!]!) a = b;
    open.delete(a);
    const pivot = candidates[a]!;
    if (!(unexplained[pivot]! > enough)) return;
    const at = pivots.length;
    const length = Math.sqrt(unexplained[pivot]!);
    pivots.push(pivot);
    l[pivot * stride + at] = length;
    unexplained[pivot] = 0;
    for (let i = 0; i < n; i++) {
      // Rows that are explained have nothing in this column; pivots are among them.
      if (!(unexplained[i]! > 0)) continue;
      let left = columns[i * candidateBlock + a]!;
      for (let b = first; b < at; b++) left -= l[i * stride + b]! * l[pivot * stride + b]!;
      const value = (l[i * stride + at] = left / length);
      unexplained[i] = Math.max(0, unexplained[i]! - value * value);
    }
  }
}
