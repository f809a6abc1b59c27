// Who judges whom when the threshold is taken: folds of the sample, and how many directions their Gaussians have, the
// same number in each as in the one that is published. Nothing where too few images would be judged.

import { maxBasisNumbers } from '../heads/index.ts';
import { type Folds, makeFolds } from './folds.ts';
import type { OpenSetData } from './open-set.ts';

/** The least number of images (or groups) out of fold: of fewer the 95 % quantile is beyond the largest. */
export const minJudged = 20;
/** Directions with a variance of their own, at most. Twice as many gained nothing. */
const maxDirections = 64;
/** Rows that a direction needs. */
const rowsPerDirection = 3;
/** More folds judge by models closer to the published one; with many rows that matters less than time. */
const foldsFor = (rows: number) => (rows > 300 ? 5 : 10);

export interface OpenSetFolds extends Folds {
  /** Rows of the sample that some fold judges. */
  judged: number[];
  /** For each fold the rows that its Gaussian is fitted on: all that it does not judge. */
  members: number[][];
  directions: number;
}

/**
 * @param rows the sample. What comes back counts within it.
 * @returns a sentence where no honest threshold can be had.
 */
export function openSetFolds(
  { labels, groups, dims }: OpenSetData,
  rows: number[],
  seed: number,
): OpenSetFolds | string {
  const ofRows = groups && rows.map((i) => groups[i]);
  const folds = makeFolds(
    rows.map((i) => labels[i]!),
    ofRows,
    seed,
    foldsFor(rows.length),
  );
  const all = rows.map((_, at) => at);
  const judged = all.filter((at) => folds.fold[at]! >= 0);
  const units = new Set(judged.map((at) => (ofRows?.[at] ?? '') || `row ${at}`)).size;
  if (units < minJudged)
    return `A threshold needs ${minJudged} images, or groups of images, that can be judged by a model of the others; there are ${units}. Add images.`;
  const members = Array.from({ length: folds.count }, (_, f) => all.filter((at) => folds.fold[at] !== f));
  const directions = Math.min(
    maxDirections,
    Math.floor(Math.min(...members.map((list) => list.length)) / rowsPerDirection),
    Math.floor(maxBasisNumbers / dims),
    dims - 1,
  );
  if (directions < 1) return 'Codes of a single number tell no strangers. Read the codes at another tap.';
  return { ...folds, judged, members, directions };
}
