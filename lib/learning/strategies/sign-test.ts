// The sign test: of examples that one of two models alone names right, how lopsided a share could be chance?

import { exp, log } from '../../linalg/index.ts';

/** How probable `heads` or more are in `tosses` of a fair coin: exact, one-sided. */
export function signTest(heads: number, tosses: number): number {
  // Terms in logarithms: 2⁻ⁿ alone would vanish beyond a thousand tosses.
  let logTerm = -tosses * Math.LN2;
  let sum = 0;
  for (let k = 0; k <= tosses; k++) {
    if (k >= heads) sum += exp(logTerm);
    logTerm += log((tosses - k) / (k + 1));
  }
  return Math.min(1, sum);
}
