// Batch-norm's running statistics while it normalises by each batch's own: what the published layers will apply.

/**
 * Moves `running` towards a batch's means and variances, in place.
 *
 * The first steps average (factor step / (step + 1)) until the momentum is reached, so that the values that it began
 * with, which no data stands behind, are gone at once.
 *
 * @param step from 0. @param momentum what is kept of `running`
 */
export function moveStatistics(
  running: Float32Array,
  batch: Float32Array,
  step: number,
  momentum: number,
): void {
  const kept = Math.min(momentum, step / (step + 1));
  for (let i = 0; i < running.length; i++) running[i] = kept * running[i]! + (1 - kept) * batch[i]!;
}
