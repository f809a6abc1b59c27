// Expected calibration error: how far confidence and accuracy lie apart.

/** Bins of equal mass. */
export const calibrationBins = 10;

/**
 * Σ over bins of (share of the examples)·|mean confidence − accuracy|, the confidence being the probability of the
 * label that was predicted. Examples are sorted by confidence and cut into `bins` runs whose sizes differ by one at
 * most (fewer bins where there are fewer examples). Examples of equal confidence are interchangeable: each counts as
 * right by the share of them that is, so their order and a cut between them mean nothing.
 *
 * @param confidence [n] @param right [n] 1 where the prediction was right, else 0.
 * @returns 0 to 1; 0 without examples
 */
export function expectedCalibrationError(
  confidence: Float64Array,
  right: ArrayLike<number>,
  bins = calibrationBins,
): number {
  const n = confidence.length;
  const order = Int32Array.from(confidence, (_, i) => i).sort(
    (a, b) => confidence[a]! - confidence[b]! || a - b,
  );
  const hit = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from;
    let sum = 0;
    while (to < n && confidence[order[to]!] === confidence[order[from]!]) sum += right[order[to++]!]!;
    hit.fill(sum / (to - from), from, to);
    from = to;
  }
  let error = 0;
  const count = Math.min(bins, n);
  for (let b = 0; b < count; b++) {
    let difference = 0;
    for (let at = Math.floor((b * n) / count); at < Math.floor(((b + 1) * n) / count); at++)
      difference += confidence[order[at]!]! - hit[at]!;
    error += Math.abs(difference) / n;
  }
  return error;
}
