// AdamW (Loshchilov & Hutter 2019) on flat arrays: Adam's step by moments (Kingma & Ba 2015) and, apart from it, a decay of
// the weights. State is float32, arithmetic float64, one weight after the other: the same bits in every run.

import type { ParameterSlot } from '../model/model-spec.ts';
import { wholePower } from './learning-rates.ts';

const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

/** Running means of gradients and of their squares, [parameterCount] each; zeros before the first step. */
export interface Moments {
  mean: Float32Array;
  square: Float32Array;
}

export const freshMoments = (count: number): Moments => ({
  mean: new Float32Array(count),
  square: new Float32Array(count),
});

export interface AdamWStep {
  /** From 1. */
  step: number;
  /** Of each slot, schedule included. A slot at 0 stays as it is, to the bit. */
  rates: number[];
  /** On gradients, from clipping. */
  gradientFactor: number;
  /** A step takes rate × this of a weight away, where the slot decays. */
  weightDecay: number;
}

/** Moves `parameters` and `moments` by one step, in place. */
export function adamW(
  slots: ParameterSlot[],
  parameters: Float32Array,
  gradients: Float32Array,
  moments: Moments,
  { step, rates, gradientFactor, weightDecay }: AdamWStep,
): void {
  const { mean, square } = moments;
  const meanBias = 1 - wholePower(beta1, step);
  const squareBias = 1 - wholePower(beta2, step);
  slots.forEach(({ offset, length, decays }, s) => {
    const rate = rates[s]!;
    if (rate === 0) return;
    const kept = decays ? 1 - rate * weightDecay : 1;
    for (let i = offset; i < offset + length; i++) {
      const gradient = gradients[i]! * gradientFactor;
      const m = (mean[i] = beta1 * mean[i]! + (1 - beta1) * gradient);
      const v = (square[i] = beta2 * square[i]! + (1 - beta2) * gradient * gradient);
      parameters[i] = parameters[i]! * kept - (rate * (m / meanBias)) / (Math.sqrt(v / squareBias) + epsilon);
    }
  });
}
