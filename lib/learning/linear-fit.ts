// What a training needs of a kind of head: fits to some rows, at one strength after the other. The policies (folds,
// search, calibration, warm start) are the same for every kind.

import type { HeadKind } from '../heads/index.ts';
import { balancedWeights } from './class-weights.ts';
import { withoutFaintColumns } from './faint-columns.ts';
import { type Fit, prepareSoftmax, type Tolerance } from './fit.ts';
import { type RowRange, type Standardisation, standardise } from './standardise.ts';
import { prepareSvm } from './svm.ts';
import type { TrainingData } from './training-data.ts';

export type ClassWeighting = 'none' | 'balanced';

/** What is the same for every fit of a training. */
export interface FitSettings {
  kind: HeadKind;
  classWeights: ClassWeighting;
}

/** Rows that models are fitted on, with whatever their fits have in common made once. */
export interface PreparedRows {
  /** Over these rows. */
  scaling: Standardisation;
  /** Its name, for the manifest. */
  solver: string;
  /** From `start` (zeros if left out) to the tolerance; yields often, iterations done. */
  fit(strength: number, tolerance: Tolerance, start?: Float64Array): Generator<number, Fit>;
}

/** @param fits how many are to come: some preparations pay only for several. */
export function prepareRows(
  { workspace, truth, labelNames, scaling: outer }: TrainingData,
  ranges: RowRange[],
  { kind, classWeights }: FitSettings,
  fits = 1,
): PreparedRows {
  const scaling = withoutFaintColumns(
    standardise(workspace.x, workspace.stride, workspace.cols, ranges),
    outer,
  );
  const problem = {
    workspace,
    ranges,
    truth,
    scaling,
    ...(classWeights === 'balanced' && { rowWeights: balancedWeights(truth, labelNames.length, ranges) }),
  };
  if (kind === 'svm') return { scaling, ...prepareSvm(problem) };
  return { scaling, solver: 'lbfgs', ...prepareSoftmax(problem, fits) };
}
