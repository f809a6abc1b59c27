// How the learning rate goes through a training: up in a line, so that Adam's moments settle before steps are large, then
// down along half a cosine to 0 (Loshchilov & Hutter 2017, without restarts).

/**
 * Factor on the learning rate for a step (0 ≤ step < total).
 *
 * @param warmUp share of the steps that rise; the first of them is not 0, the last one is 1
 */
export function scheduleFactor(step: number, total: number, warmUp: number): number {
  const rising = Math.min(total, Math.ceil(warmUp * total));
  if (step < rising) return (step + 1) / rising;
  // The step after the last would have 0, so that none is for nothing.
  return 0.5 * (1 + Math.cos((Math.PI * (step - rising)) / (total - rising)));
}
