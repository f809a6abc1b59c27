// Weights that make every class count the same, however few images it has.

import { countRows, type RowRange } from './standardise.ts';

/**
 * n ÷ (classes · n of the class) for each row of `ranges`, counted in those rows alone, as scikit-learn's
 * class_weight="balanced" does; they sum to n. Rows outside have weight 0.
 *
 * @param truth [rows of the workspace], class indices. @returns [rows of the workspace]
 */
export function balancedWeights(truth: Int32Array, classes: number, ranges: RowRange[]): Float64Array {
  const counts = new Int32Array(classes);
  for (const { from, to } of ranges) for (let i = from; i < to; i++) counts[truth[i]!]!++;
  const present = counts.filter((count) => count > 0).length;
  const n = countRows(ranges);
  const weights = new Float64Array(truth.length);
  for (const { from, to } of ranges)
    for (let i = from; i < to; i++) weights[i] = n / (present * counts[truth[i]!]!);
  return weights;
}
