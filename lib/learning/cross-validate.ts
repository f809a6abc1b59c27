// The strength by cross-validation: each fold is judged by models of the others, from strong regularisation to
// weak, every fit starting where the last one ended. Standardisation is learnt inside each fold.

import { fitSoftmax, searchTolerance } from './fit.ts';
import { computeMetrics, type Judgements } from './metrics.ts';
import type { Metrics } from './report.ts';
import { judgeRows } from './softmax-objective.ts';
import { type RowRange, standardise } from './standardise.ts';
import type { TrainingData } from './training-data.ts';

export interface Candidate {
  strength: number;
  /** Of the out-of-fold predictions of all folds together. */
  metrics: Metrics;
}

/**
 * Judges every strength (ascending) on out-of-fold predictions; yields after every solver iteration the share
 * of the work that is done, 0 to 1.
 */
export function* crossValidate(
  data: TrainingData,
  folds: RowRange[],
  trainEnd: number,
  strengths: number[],
): Generator<number, Candidate[]> {
  const { workspace, truth } = data;
  const judged: Judgements[][] = strengths.map(() => []);
  const fits = folds.length * strengths.length;
  let done = 0;
  for (const fold of folds) {
    const ranges = rest(fold, trainEnd);
    const scaling = standardise(workspace.x, workspace.stride, workspace.cols, ranges);
    let params: Float64Array | undefined;
    for (const [s, strength] of strengths.entries()) {
      const steps = fitSoftmax({ workspace, truth, ranges, scaling, strength }, searchTolerance, params);
      let step = steps.next();
      for (; !step.done; step = steps.next()) yield (done + shareOfFit(step.value)) / fits;
      params = step.value.params;
      judged[s]!.push(judgeRows({ workspace, truth, scaling }, params, [fold]));
      done++;
    }
  }
  const judgedTruth = folds.flatMap(({ from, to }) => [...truth.subarray(from, to)]);
  return strengths.map((strength, s) => ({
    strength,
    metrics: computeMetrics(join(judged[s]!), judgedTruth, data.labelNames),
  }));
}

/** Log-losses closer than this fraction are equal: the search's fits are not exact enough to tell them apart. */
const tie = 1e-4;

/** The least log-loss; of equal ones the strongest regularisation. */
export function bestCandidate(candidates: Candidate[]): Candidate | undefined {
  const least = Math.min(...candidates.map(({ metrics }) => metrics.logLoss));
  return candidates.find(({ metrics }) => metrics.logLoss <= least * (1 + tie));
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

function join(parts: Judgements[]): Judgements {
  return {
    predicted: Int32Array.from(parts.flatMap((part) => [...part.predicted])),
    trueProbability: Float64Array.from(parts.flatMap((part) => [...part.trueProbability])),
  };
}
