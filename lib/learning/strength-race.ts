// Which strengths are still worth their fits. Cross-validation takes one fold after the other, and a strength whose
// predictions so far are clearly worse than those of the best one is given up (a race, as Maron and Moore 1994 have
// it, with paired differences): on thousands of photos most are after the first fold, and the weakest
// regularisations, which take longest, are never tried.

/** What is known of a strength so far: the losses of the same examples in the same order for all of them. */
export interface Racer {
  losses: Float64Array;
  logLoss: number;
}

/** Fewer predictions than this say too little to give a strength up; so few are soon fitted anyway. */
export const leastToCompare = 100;
/** Clearly worse: by so many standard errors of the mean difference, */
const clearErrors = 3;
/** and by this share of the best log-loss, since photos of one burst make standard errors look too small. */
const clearShare = 0.05;

/** Losses that differ by no more than this share of the best log-loss, in the mean, are the same model's. */
const sameShare = 0.01;

/**
 * The racers that are not clearly worse than the best of them, and of those that say the same of every example (an SVM
 * beyond the strength at which it separates everything) the first, which is regularised most.
 *
 * @param racers of ascending strengths
 */
export function survivors<R extends Racer>(racers: R[]): R[] {
  const best = bestOf(racers);
  const kept: R[] = [];
  for (const racer of racers)
    if (!isClearlyWorse(racer, best) && !kept.some((other) => isSame(racer, other, best))) kept.push(racer);
  return kept;
}

/** Whether the last two of ascending strengths are clearly worse than the best: log-loss only rises from there. */
export function isPastTheBest(racers: Racer[]): boolean {
  const best = bestOf(racers);
  return racers.length > 2 && racers.slice(-2).every((racer) => isClearlyWorse(racer, best));
}

const bestOf = <R extends Racer>(racers: R[]): R => racers.reduce((a, b) => (b.logLoss < a.logLoss ? b : a));

function isClearlyWorse({ losses }: Racer, best: Racer): boolean {
  const n = losses.length;
  if (n < leastToCompare) return false;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += losses[i]! - best.losses[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const difference = losses[i]! - best.losses[i]! - mean;
    squares += difference * difference;
  }
  return mean > (clearErrors * Math.sqrt(squares)) / n && mean > clearShare * best.logLoss;
}

function isSame({ losses }: Racer, other: Racer, best: Racer): boolean {
  const n = losses.length;
  if (n < leastToCompare) return false;
  let difference = 0;
  for (let i = 0; i < n; i++) difference += Math.abs(losses[i]! - other.losses[i]!);
  return difference <= sameShare * best.logLoss * n;
}
