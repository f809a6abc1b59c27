// Pretrained layers move slower than the new head, and the slower the nearer they are to the pixels: what they hold is the
// more general there (Yosinski et al. 2014), and the head's first, wild gradients must not wash it out.

import type { ModelSpec } from '../model/model-spec.ts';
import type { TuningSettings } from './settings.ts';

/**
 * Learning rate of each slot at the top of the schedule: that of the head at depth 0, head / headRatio ·
 * depthDecay^(d − 1) at depth d.
 *
 * @returns [slots], in the spec's order
 */
export function learningRates(
  { slots }: Pick<ModelSpec, 'slots'>,
  settings: Pick<TuningSettings, 'learningRate' | 'headRatio' | 'depthDecay'>,
): number[] {
  return slots.map(({ depth }) => learningRateAt(depth, settings));
}

/** The same of one depth. */
export function learningRateAt(
  depth: number,
  { learningRate, headRatio, depthDecay }: Pick<TuningSettings, 'learningRate' | 'headRatio' | 'depthDecay'>,
): number {
  if (depth === 0) return learningRate;
  return (learningRate / headRatio) * wholePower(depthDecay, depth - 1);
}

/** base^exponent for a whole exponent ≥ 0 by repeated squaring: the same bits everywhere, which `**` does not promise. */
export function wholePower(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2), square *= square)
    if (rest % 2 === 1) result *= square;
  return result;
}
