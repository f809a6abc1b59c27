// Everything that a training knows after a step: with it and the request, the next step follows to the bit.

import { freshMoments, type Moments } from './adamw.ts';
import type { Weights } from './evaluate.ts';

/** One look at the held-out examples. */
export interface CurvePoint {
  /** Epochs so far, fractional where looks come between their ends. */
  epoch: number;
  step: number;
  /** Means over the augmented batches since the look before; null before the first step. */
  trainLoss: number | null;
  trainAccuracy: number | null;
  /** Once calibrated; null without held-out examples. */
  heldOutLoss: number | null;
  heldOutAccuracy: number | null;
  /** Of the head, in the last step; 0 before the first. */
  learningRate: number;
}

export interface TuningState {
  /** Steps taken. */
  step: number;
  weights: Weights;
  moments: Moments;
  /** Those with the lowest held-out loss, and their held-out logits; null before the first look, and without held-out examples. */
  best: { step: number; loss: number; weights: Weights; logits: Float32Array } | null;
  curves: CurvePoint[];
  /** Sums over the examples since the last look. */
  running: { loss: number; right: number; seen: number };
  /** Of this and of earlier processes. */
  seconds: number;
}

export function freshState({ parameters, statistics }: Weights): TuningState {
  return {
    step: 0,
    weights: { parameters: parameters.slice(), statistics: statistics.slice() },
    moments: freshMoments(parameters.length),
    best: null,
    curves: [],
    running: { loss: 0, right: 0, seen: 0 },
    seconds: 0,
  };
}
