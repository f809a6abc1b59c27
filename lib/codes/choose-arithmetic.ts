// Which arithmetic a backbone's codes are made in: the fastest whose figures are within its bounds.

import type { AllFigures, ArithmeticFigures } from '../contract/index.ts';
import type { ArithmeticKind } from '../inference/index.ts';
import type { IntegerKind } from './quantisation-file.ts';

/** Fastest first. */
const bySpeed: readonly IntegerKind[] = ['int8', 'int16'];

/** The least cosines to float32's codes, where nothing but pictures was at hand. */
const cosineBounds: Readonly<Record<IntegerKind, { mean: number; worst: number }>> = {
  int16: { mean: 0.9999, worst: 0.999 },
  int8: { mean: 0.9997, worst: 0.999 },
};

/** With labelled images heads decide, and codes only have to be recognisably the same. */
const leastCosineOfProbed = 0.99;
/** Fewer labelled examples cannot show a loss that matters. */
export const leastProbed = 100;
/** A loss as large as this one by chance in more cases than one in twenty is noise. */
const noiseLevel = 0.05;

/** The arithmetic to make codes in. */
export function chooseArithmetic(figures: AllFigures): ArithmeticKind {
  return bySpeed.find((kind) => figures[kind] && objectionTo(kind, figures[kind]) === undefined) ?? 'float32';
}

/** What speaks against an arithmetic, for a person; undefined if it is within its bounds. */
export function objectionTo(kind: IntegerKind, figures: ArithmeticFigures): string | undefined {
  const { cosineMean, cosineWorst, probe } = figures;
  // Whatever is no number is below every bound.
  const isBelow = (cosine: number, bound: number) => !(cosine >= bound);
  if (probe && probe.examples >= leastProbed) {
    if (isBelow(cosineMean, leastCosineOfProbed)) return `mean cosine below ${leastCosineOfProbed}`;
    return probe.lossByChance < noiseLevel ? 'heads on it are worse, beyond noise' : undefined;
  }
  const bounds = cosineBounds[kind];
  if (isBelow(cosineMean, bounds.mean)) return `mean cosine below ${bounds.mean}`;
  return isBelow(cosineWorst, bounds.worst) ? `worst cosine below ${bounds.worst}` : undefined;
}
