// Platt scaling: a sigmoid 1 ÷ (1 + exp(A·score + B)) for each label, fitted on scores of examples that the models
// had not seen, by the regularised targets of Platt (1999) and the Newton method of Lin, Lin and Weng (2007), "A note
// on Platt's probabilistic outputs for support vector machines", which does not fail where the original does.

import { exp, log } from '../linalg/index.ts';
import type { Scored } from './scored.ts';

export interface Sigmoid {
  /** A: below 0 where a higher score speaks for the label. */
  slope: number;
  /** B. */
  intercept: number;
}

const maxIterations = 100;
/** Newton's step is halved down to this share before it is given up. */
const leastStep = 1e-10;
/** Added to the Hessian's diagonal, which is singular where all scores are equal. */
const ridge = 1e-12;
/** Converged when both slopes of the mean loss are below this. */
const tolerance = 1e-10;

/**
 * Sigmoids of every label; the second of two labels decides for the first, whose scores are its negatives. Yields 0
 * after each.
 */
export function* fitPlatt(
  scored: Scored,
): Generator<number, { slope: Float64Array; intercept: Float64Array }> {
  const { logits, classes, truth } = scored;
  const slope = new Float64Array(classes);
  const intercept = new Float64Array(classes);
  for (let j = classes === 2 ? 1 : 0; j < classes; j++) {
    const scores = Float64Array.from(truth, (_, i) => logits[i * classes + j]!);
    const sigmoid = fitSigmoid(scores, (i) => truth[i] === j);
    slope[j] = sigmoid.slope;
    intercept[j] = sigmoid.intercept;
    yield 0;
  }
  if (classes === 2) {
    slope[0] = slope[1]!;
    intercept[0] = -intercept[1]!;
  }
  return { slope, intercept };
}

/** The sigmoid of least cross-entropy to targets that are a little inside 0 and 1. */
export function fitSigmoid(scores: Float64Array, isPositive: (row: number) => boolean): Sigmoid {
  const n = scores.length;
  const positive = Uint8Array.from(scores, (_, i) => (isPositive(i) ? 1 : 0));
  const positives = positive.reduce((a, b) => a + b, 0);
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (n - positives + 2);
  const targets = Float64Array.from(positive, (is) => (is ? high : low));
  let a = 0;
  const even = log((n - positives + 1) / (positives + 1));
  let b = even;
  let value = lossAt(scores, targets, a, b);
  for (let i = 0; i < maxIterations; i++) {
    const { ga, gb, haa, hab, hbb } = derivativesAt(scores, targets, a, b);
    if (Math.abs(ga) <= tolerance * n && Math.abs(gb) <= tolerance * n) break;
    const determinant = haa * hbb - hab * hab;
    const da = -(hbb * ga - hab * gb) / determinant;
    const db = -(haa * gb - hab * ga) / determinant;
    const slope = ga * da + gb * db;
    let step = 1;
    while (step >= leastStep) {
      const next = lossAt(scores, targets, a + step * da, b + step * db);
      if (next < value + 1e-4 * step * slope) {
        a += step * da;
        b += step * db;
        value = next;
        break;
      }
      step /= 2;
    }
    if (step < leastStep) break;
  }
  // Scores that speak against their label say nothing, as on labels that are noise: the share of positives, then.
  return a > 0 ? { slope: 0, intercept: even } : { slope: a, intercept: b };
}

/** Σ t·log(1 + e^m) + (1 − t)·log(1 + e^−m) with m = A·score + B, in the form that cannot overflow. */
function lossAt(scores: Float64Array, targets: Float64Array, a: number, b: number): number {
  let loss = 0;
  for (let i = 0; i < scores.length; i++) {
    const m = a * scores[i]! + b;
    loss += log(1 + exp(-Math.abs(m))) + (m >= 0 ? targets[i]! * m : (targets[i]! - 1) * m);
  }
  return loss;
}

function derivativesAt(scores: Float64Array, targets: Float64Array, a: number, b: number) {
  let ga = 0;
  let gb = 0;
  let haa = ridge;
  let hab = 0;
  let hbb = ridge;
  for (let i = 0; i < scores.length; i++) {
    const f = scores[i]!;
    const m = a * f + b;
    const e = exp(-Math.abs(m));
    const p = m >= 0 ? e / (1 + e) : 1 / (1 + e);
    const residual = targets[i]! - p;
    const curvature = e / ((1 + e) * (1 + e));
    ga += f * residual;
    gb += residual;
    haa += f * f * curvature;
    hab += f * curvature;
    hbb += curvature;
  }
  return { ga, gb, haa, hab, hbb };
}
