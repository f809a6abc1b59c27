// Strengths judged by cross-validation: each fold by models of the others, from strong regularisation to weak, every
// fit starting where the last one ended. Standardisation and class weights are learnt inside each fold.

import type { Calibration, HeadKind } from '../heads/index.ts';
import { relay } from '../linalg/index.ts';
import type { Arrangement } from './arrange.ts';
import { fitCalibration, probabilitiesOfRows } from './calibrate.ts';
import { searchTolerance } from './fit.ts';
import { type FitSettings, prepareRows } from './linear-fit.ts';
import { computeMetrics, judgeProbabilities, lossesOf } from './metrics.ts';
import { joinFolds, type OutOfFold } from './out-of-fold.ts';
import type { StrengthScore } from './report.ts';
import { scoreRows } from './score-rows.ts';
import type { RowRange } from './standardise.ts';
import { isPastTheBest, type Racer, survivors } from './strength-race.ts';
import type { TrainingData } from './training-data.ts';

export interface Candidate extends StrengthScore {
  outOfFold: OutOfFold;
}

/** A strength in the race. */
interface Runner extends Racer, Candidate {
  /** Of each fold so far. */
  logits: Float64Array[];
}

/**
 * Out-of-fold predictions at every strength (ascending) that stays in the race to the last fold; yields the share of
 * the work that is done, 0 to 1.
 *
 * A softmax is judged by the log-loss of its probabilities as they are. An SVM has none, so its scores are turned into
 * probabilities first, by sigmoids fitted on all of them: two numbers a label flatter every strength alike.
 */
export function* crossValidate(
  data: TrainingData,
  { folds, trainEnd, units }: Pick<Arrangement, 'folds' | 'trainEnd' | 'units'>,
  strengths: number[],
  settings: FitSettings,
): Generator<number, Candidate[]> {
  let racing: Pick<Runner, 'strength' | 'logits'>[] = strengths.map((strength) => ({ strength, logits: [] }));
  let judged: Runner[] = [];
  for (const [f, fold] of folds.entries()) {
    const prepared = prepareRows(data, rest(fold, trainEnd), settings, racing.length);
    yield f / folds.length;
    const known = folds.slice(0, f + 1);
    const judgedUnits = units.subarray(folds[0]!.from, fold.to);
    let params: Float64Array | undefined;
    judged = [];
    for (const [i, { strength, logits }] of racing.entries()) {
      const share = (part: number) => (f + (i + part) / racing.length) / folds.length;
      const fit = prepared.fit(strength, searchTolerance, params);
      params = (yield* relay(fit, (iterations) => share(shareOfFit(iterations)))).params;
      logits.push(scoreRows(data.workspace, prepared.scaling, params, [fold], settings.kind));
      const outOfFold = joinFolds(known, logits, data.labelNames.length, data.truth);
      const judgement = yield* relay(judge(outOfFold, data.labelNames, settings.kind), () => share(1));
      judged.push({ strength, logits, outOfFold, ...judgement });
      if (f === 0 && isPastTheBest(judged, judgedUnits)) break;
    }
    racing = survivors(judged, judgedUnits);
  }
  return judged.map(({ strength, logLoss, accuracy, outOfFold }) => ({
    strength,
    logLoss,
    accuracy,
    outOfFold,
  }));
}

function* judge(outOfFold: OutOfFold, labelNames: string[], kind: HeadKind) {
  const calibration: Calibration =
    kind === 'svm' ? yield* fitCalibration(kind, outOfFold) : { method: 'none' };
  const judgements = judgeProbabilities(
    probabilitiesOfRows(outOfFold, () => calibration),
    outOfFold,
  );
  const { logLoss, accuracy } = computeMetrics(judgements, outOfFold.truth, labelNames);
  return { logLoss, accuracy, losses: lossesOf(judgements) };
}

/** Log-losses closer than this fraction are equal: the search's fits are not exact enough to tell them apart. */
const tie = 1e-4;
/**
 * An SVM's are equal within more than that. They are of sigmoids laid over its scores, not of what it minimises, and a
 * few hundred predictions leave them uncertain by this much; who is right more often then decides.
 */
const svmTie = 0.05;

/** The least log-loss; among equal ones, of an SVM the most right answers; of what is left the strongest regularisation. */
export function bestCandidate<C extends StrengthScore>(candidates: C[], kind: HeadKind): C | undefined {
  const least = Math.min(...candidates.map(({ logLoss }) => logLoss));
  const equal = candidates.filter(({ logLoss }) => logLoss <= least * (1 + (kind === 'svm' ? svmTie : tie)));
  if (kind === 'softmax') return equal[0];
  const most = Math.max(...equal.map(({ accuracy }) => accuracy));
  return equal.find(({ accuracy }) => accuracy === most);
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
