// Which place of the ladder a head is put on. The usual one (where a linear training would read its codes) stays unless
// another is better by more than chance: with a dozen places on a few hundred photos the luckiest one always looks good.
// Of the places that cannot be told from the best the cheapest is taken, since every request pays for the layers below.

import type { Judged } from './judge-codes.ts';
import { paired } from './paired.ts';

/** How much better than the usual place, in standard errors of the paired differences of log-loss. */
const reasonErrors = 1;
/** Differences to the best within this many standard errors are a tie. */
const tieErrors = 0.5;

export interface Candidate {
  judged: Judged;
  /** Of one code. */
  multiplyAdds: number;
}

/** @param usual one of `candidates` */
export function chooseRung<C extends Candidate>(candidates: readonly C[], usual: C): C {
  const better = candidates.filter((candidate) => {
    const { difference, standardError } = compare(candidate, usual);
    return difference < -reasonErrors * standardError;
  });
  if (better.length === 0) return usual;
  const best = better.reduce((a, b) => (b.judged.logLoss < a.judged.logLoss ? b : a));
  const ties = better.filter((candidate) => {
    const { difference, standardError } = compare(candidate, best);
    return difference <= tieErrors * standardError;
  });
  return ties.reduce((a, b) => (b.multiplyAdds < a.multiplyAdds ? b : a), best);
}

/** Log-losses of two candidates on the same examples. */
export const compare = (a: Candidate, b: Candidate) =>
  paired(a.judged.losses, b.judged.losses, a.judged.units);
