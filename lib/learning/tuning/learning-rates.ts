// Pretrained layers move slower than the new head, and the slower the nearer they are to the pixels: what they hold is the
// more general there (Yosinski et al. 2014), and the head's first, wild gradients must not wash it out.

import type { ModelSpec } from '../model/model-spec.ts';
import type { TuningSettings } from './settings.ts';

/**
 * Learning rate of each slot at the top of the schedule: that of the head at depth 0, head / headRatio ·
 * depthDecay^(d − 1) at depth d. The head's weights move by `headScale` of their rate, as if they stood on codes that are
 * so much smaller.
 *
 * @returns [slots], in the spec's order
 */
export function learningRates(
  { slots }: Pick<ModelSpec, 'slots'>,
  settings: Pick<TuningSettings, 'learningRate' | 'headRatio' | 'depthDecay' | 'headScale'>,
): number[] {
  return slots.map(
    ({ depth, role }) =>
      learningRateAt(depth, settings) * (depth === 0 && role === 'kernel' ? settings.headScale : 1),
  );
}

/** A step of AdamW moves every weight by about its rate, and so a logit by rate × ‖code‖₁: with this norm, a rate of 1e-2
 *  moves it by 0.05. */
const codeNorm = 5;

/**
 * What makes a step mean the same for a head on 256 numbers and on 1,792: {@link codeNorm} ÷ mean ‖code‖₁, at most 1.
 *
 * @param codes [n, dims]
 */
export function headScaleOf(codes: Float32Array, dims: number): number {
  const total = codes.reduce((sum, value) => sum + Math.abs(value), 0);
  return Math.min(1, codeNorm / (total / (codes.length / dims)));
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
