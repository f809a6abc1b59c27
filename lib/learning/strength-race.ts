// Which strengths are still worth their fits. Cross-validation takes one fold after the other, and a strength whose
// predictions so far are clearly worse than those of the best one is given up (a race, as Maron and Moore 1994 have
// it, with paired differences): on thousands of photos most are after the first fold, and the weakest
// regularisations, which take longest, are never tried.

/** What is known of a strength so far: the losses of the same examples in the same order for all of them. */
export interface Racer {
  losses: Float64Array;
  logLoss: number;
}

/** Predictions of fewer units than this say too little to give a strength up; so few are soon fitted anyway. */
export const leastToCompare = 100;
/** Clearly worse: by so many standard errors of the mean difference, */
const clearErrors = 3;
/** and by this share of the best log-loss. */
const clearShare = 0.05;
/** Losses that differ by no more than this share of the best log-loss, in the mean, are the same model's. */
const sameShare = 0.01;

/**
 * The racers that are not clearly worse than the best of them, and of those that say the same of every example (an SVM
 * beyond the strength at which it separates everything) the first, which is regularised most.
 *
 * @param racers of ascending strengths
 * @param units [n]: examples of one unit (a burst of photos) have the same number and count as one observation
 */
export function survivors<R extends Racer>(racers: R[], units: Int32Array): R[] {
  if (new Set(units).size < leastToCompare) return racers;
  const best = bestOf(racers);
  const kept: R[] = [];
  for (const racer of racers)
    if (!isClearlyWorse(racer, best, units) && !kept.some((other) => isSame(racer, other, best)))
      kept.push(racer);
  return kept;
}

/** Whether the last two of ascending strengths are clearly worse than the best: log-loss only rises from there. */
export function isPastTheBest(racers: Racer[], units: Int32Array): boolean {
  if (racers.length <= 2 || new Set(units).size < leastToCompare) return false;
  const best = bestOf(racers);
  return racers.slice(-2).every((racer) => isClearlyWorse(racer, best, units));
}

const bestOf = <R extends Racer>(racers: R[]): R => racers.reduce((a, b) => (b.logLoss < a.logLoss ? b : a));

/** By the standard error of clustered observations: differences are summed within a unit before they are squared. */
function isClearlyWorse({ losses, logLoss }: Racer, best: Racer, units: Int32Array): boolean {
  const n = losses.length;
  const mean = logLoss - best.logLoss;
  const sums = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const difference = losses[i]! - best.losses[i]! - mean;
    sums.set(units[i]!, (sums.get(units[i]!) ?? 0) + difference);
  }
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  return mean > (clearErrors * Math.sqrt(squares)) / n && mean > clearShare * best.logLoss;
}

function isSame({ losses }: Racer, other: Racer, best: Racer): boolean {
  const n = losses.length;
  let difference = 0;
  for (let i = 0; i < n; i++) difference += Math.abs(losses[i]! - other.losses[i]!);
  return difference <= sameShare * best.logLoss * n;
}
