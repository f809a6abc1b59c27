// What a linear training is told, checked.

import { HeadwaterError } from '../errors/index.ts';
import type { Head, HeadKind } from '../heads/index.ts';
import type { Linalg } from '../linalg/index.ts';
import type { Split } from './arrange.ts';
import { minPredictions } from './calibrate.ts';
import type { Group } from './folds.ts';
import type { ClassWeighting } from './linear-fit.ts';
import type { Codes } from './training-data.ts';

export interface LinearTraining extends Codes {
  /** Examples of one group (a burst of photos) never stand on both sides of a fold. */
  groups?: Group[];
  /** [n]: which examples are kept back to measure. */
  split: Split[];
  kind: HeadKind;
  /** `none` if left out. */
  classWeights?: ClassWeighting;
  /** Decides how examples are dealt to folds. */
  seed: number;
  /** C, where it is known already; otherwise the best of `strengths`. Not together with `start`. */
  strength?: number;
  strengths?: number[];
  /** A warm start: a head of the same labels, from whose weights the fits begin, and its strength, which is kept. */
  start?: LinearStart;
  linalg: Linalg;
}

export interface LinearStart {
  head: Pick<Head, 'kind' | 'labels' | 'dims' | 'weight' | 'bias' | 'calibration'>;
  strength: number;
}

/** The strengths that are tried, C of scikit-learn. */
export const defaultStrengths = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
/** C below `minPredictions`: middle of the range, where pretrained codes usually do well. */
export const defaultStrength = 1e-2;

/** @throws HeadwaterError `bad-request` */
export function checkSettings(training: LinearTraining): void {
  const { labels, split, groups, strength, kind, classWeights = 'none', start } = training;
  if (kind !== 'softmax' && kind !== 'svm')
    throw refuse(`There is no trainer for heads of kind "${kind}". Use "softmax" or "svm".`);
  if (classWeights !== 'none' && classWeights !== 'balanced')
    throw refuse(`Class weights are "none" or "balanced", not "${classWeights}".`);
  if (split.length !== labels.length || (groups && groups.length !== labels.length))
    throw refuse('Splits and groups need one entry for each example.');
  if (start) checkStart(training, start);
  const strengths = strength === undefined ? (training.strengths ?? defaultStrengths) : [strength];
  if (!strengths.length || strengths.some((c) => !(c > 0 && Number.isFinite(c))))
    throw refuse('A strength is a number above 0, usually 0.00001 to 10.');
}

/** The strengths to judge by cross-validation that judges `predictions` examples, ascending. None in a warm start. */
export function strengthsToJudge(
  { start, strength, strengths = defaultStrengths }: LinearTraining,
  predictions: number,
): number[] {
  if (start) return [];
  if (strength !== undefined) return [strength];
  return predictions < minPredictions ? [defaultStrength] : [...new Set(strengths)].sort((a, b) => a - b);
}

function checkStart({ codes, labels, labelNames, strength, kind }: LinearTraining, start: LinearStart): void {
  const { head } = start;
  if (strength !== undefined)
    throw refuse('A warm start keeps its strength. Leave the strength out, or start from zero.');
  if (!(start.strength > 0 && Number.isFinite(start.strength)))
    throw refuse('The strength of a warm start is a number above 0.');
  if (head.kind !== kind) throw refuse(`The head to start from is of kind "${head.kind}". Start from zero.`);
  if (JSON.stringify(head.labels) !== JSON.stringify(labelNames))
    throw refuse('The head to start from has other labels. Start from zero.');
  if (head.dims !== codes.length / labels.length)
    throw refuse('The head to start from has codes of another length. Start from zero.');
}

const refuse = (why: string) => new HeadwaterError('bad-request', why);
