// Columns that hardly move. A feature that fired faintly in one image of the training set has a tiny deviation, so an
// image in which it fires in earnest stands at millions of deviations, and that one number decides its class with a
// probability of 1. All columns of a code are activations in about the same unit, so such a column can be told from
// the others, and it counts as constant. About one column in 5,000 of real codes is one.

import type { Standardisation } from './standardise.ts';

/** Deviations below this share of the median column's are as good as none. */
const faintest = 1e-4;

/**
 * The scaling with faint columns scaled by 0.
 *
 * @param unit what one unit of each column was before, 1 if left out: an inner scaling is judged in the codes' own.
 */
export function withoutFaintColumns(scaling: Standardisation, unit?: Standardisation): Standardisation {
  const deviation = scaling.inverseScale.map((inverse, k) => {
    const outer = unit ? unit.inverseScale[k]! : 1;
    return inverse > 0 && outer > 0 ? 1 / inverse / outer : 0;
  });
  const moving = deviation.filter((value) => value > 0).sort();
  const least = faintest * (moving[moving.length >> 1] ?? 0);
  return {
    mean: scaling.mean,
    inverseScale: scaling.inverseScale.map((inverse, k) => (deviation[k]! >= least ? inverse : 0)),
  };
}
