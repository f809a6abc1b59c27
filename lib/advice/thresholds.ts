// Every number that the advice turns on, in one place. What each rests on stands beside it; docs/results.md shows where
// they were right and where not.

import type { StrategyName } from '../contract/index.ts';

/** Images per label (the median label's): below the first a dataset is small, from the second on it is large. In between
 *  the learning curve decides. The note (CS231n, "Transfer Learning") gives no numbers; VTAB (Zhai et al. 2019) takes
 *  1,000 examples in all for scarce. */
export const smallPerClass = 200;
export const largePerClass = 1000;

/** Nats: about what photographs of one subject are from photographs of others, .04 to .16 on four backbones. Score 0. */
export const photographDistance = 0.1;
/** From this score on a dataset is unlike: between cut-out photographs (at most .29 on four backbones) and drawings (at
 *  least .37). */
export const unlikeScore = 0.32;

/** Accuracy that doubling the data would bring a linear head: from here on the data is what is scarce. */
export const steepDoubling = 0.01;

/** From this accuracy on a linear head leaves nothing to gain that a few hundred images could show. */
export const saturatedAccuracy = 0.98;

/** A linear head that errs more often than this leaves room for trained layers, even on little similar data: where linear
 *  heads do badly, fine-tuning gains most (Kornblith et al. 2019). */
export const roomForTuning = 0.08;
/** Images per label below which layers are not trained: they would learn the images by heart. */
export const leastPerClassToTune = 30;

/** An earlier tap is better than the default one if its accuracy is higher by so much: about what chance does to the best of
 *  eight taps on a few hundred images. */
export const earlierGain = 0.015;

/** Images in all from which fresh weights can learn what pretrained ones know (He et al. 2018: tens of thousands). */
export const hugeExamples = 100_000;

/** A training that takes longer is not advised unless somebody allows more. */
export const defaultBudgetSeconds = 3600;

/** Of the linear head's errors, what is left with trained layers: what to expect, and at best. At worst all are left. */
export const errorsLeft: Partial<Record<StrategyName, { expected: number; best: number }>> = {
  'fine-tune-top': { expected: 0.8, best: 0.45 },
  'fine-tune-all': { expected: 0.65, best: 0.3 },
  'from-scratch': { expected: 1, best: 0.6 },
};

/** Pretrained layers move this much slower than the head: like the original data they are kept, unlike it they have more to
 *  learn. */
export const headRatio = { similar: 10, unlike: 3 };
