// Every strength judged by cross-validation: each fold by models of the others, from strong regularisation to weak,
// every fit starting where the last one ended. Standardisation and class weights are learnt inside each fold.

import { fitCalibration, probabilitiesOfRows } from './calibrate.ts';
import { searchTolerance } from './fit.ts';
import { type FitSettings, prepareRows } from './linear-fit.ts';
import { computeMetrics, judgeProbabilities } from './metrics.ts';
import { joinFolds, type OutOfFold } from './out-of-fold.ts';
import type { StrengthScore } from './report.ts';
import { scoreRows } from './score-rows.ts';
import type { RowRange } from './standardise.ts';
import type { TrainingData } from './training-data.ts';

export interface Candidate extends StrengthScore {
  outOfFold: OutOfFold;
}

/**
 * Out-of-fold predictions at every strength (ascending); yields the share of the work that is done, 0 to 1.
 *
 * A softmax is judged by the log-loss of its probabilities as they are. An SVM has none, so its scores are turned into
 * probabilities first, by sigmoids fitted on all of them: two numbers a label flatter every strength alike.
 */
export function* crossValidate(
  data: TrainingData,
  folds: RowRange[],
  trainEnd: number,
  strengths: number[],
  settings: FitSettings,
): Generator<number, Candidate[]> {
  const { workspace, truth, labelNames } = data;
  const logits: Float64Array[][] = strengths.map(() => []);
  const fits = folds.length * strengths.length;
  let done = 0;
  for (const fold of folds) {
    const prepared = prepareRows(data, rest(fold, trainEnd), settings, strengths.length);
    let params: Float64Array | undefined;
    for (const [s, strength] of strengths.entries()) {
      const steps = prepared.fit(strength, searchTolerance, params);
      let step = steps.next();
      for (; !step.done; step = steps.next()) yield (done + shareOfFit(step.value)) / fits;
      params = step.value.params;
      logits[s]!.push(scoreRows(workspace, prepared.scaling, params, [fold], settings.kind));
      done++;
    }
  }
  return strengths.map((strength, s) => {
    const outOfFold = joinFolds(folds, logits[s]!, labelNames.length, truth);
    const calibration =
      settings.kind === 'svm' ? fitCalibration('svm', outOfFold) : ({ method: 'none' } as const);
    const probabilities = probabilitiesOfRows(outOfFold, () => calibration);
    const judgements = judgeProbabilities(probabilities, outOfFold);
    const { logLoss, accuracy } = computeMetrics(judgements, outOfFold.truth, labelNames);
    return { strength, logLoss, accuracy, outOfFold };
  });
}

/** Log-losses closer than this fraction are equal: the search's fits are not exact enough to tell them apart. */
const tie = 1e-4;

/** The least log-loss; of equal ones the strongest regularisation. */
export function bestCandidate(candidates: Candidate[]): Candidate | undefined {
  const least = Math.min(...candidates.map(({ logLoss }) => logLoss));
  return candidates.find(({ logLoss }) => logLoss <= least * (1 + tie));
}

/** How far a fit probably is after some iterations: it only has to grow and stay below 1. */
export const shareOfFit = (iterations: number) => iterations / (iterations + 30);

/** Training rows outside a fold. */
function rest({ from, to }: RowRange, trainEnd: number): RowRange[] {
  return [
    { from: 0, to: from },
    { from: to, to: trainEnd },
  ].filter((range) => range.to > range.from);
}
