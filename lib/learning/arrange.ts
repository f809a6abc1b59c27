// The order of the rows in memory. Everything that is ever fitted or judged (a fold, the rest of it, the training
// split, all) is then at most two runs of rows of one matrix, which is copied in once.
//
//   [ training rows no fold may judge | fold 0 | fold 1 | … | held-out rows ]

import { type Group, makeFolds } from './folds.ts';
import type { RowRange } from './standardise.ts';

export type Split = 'train' | 'heldout';

export interface Arrangement {
  /** Example at each row. */
  order: Int32Array;
  /** [n]: rows of one group have the same number, which is below n. */
  units: Int32Array;
  /** Rows of each fold. */
  folds: RowRange[];
  /** Rows below this are the training split. */
  trainEnd: number;
  neverJudged: number;
  movedToTraining: number;
}

/** @param labels [n], class indices, every class at least once. */
export function arrangeRows(
  labels: Int32Array,
  classes: number,
  groups: Group[] | undefined,
  split: Split[],
  seed: number,
): Arrangement {
  const training = split.map((side) => side === 'train');
  const movedToTraining = moveMissingClasses(labels, classes, groups, training);
  const trainRows: number[] = [];
  const heldOutRows: number[] = [];
  for (let i = 0; i < labels.length; i++) (training[i] ? trainRows : heldOutRows).push(i);
  const { count, fold } = makeFolds(
    trainRows.map((i) => labels[i]!),
    groups && trainRows.map((i) => groups[i]),
    seed,
  );
  const order = trainRows.filter((_, at) => fold[at] === -1);
  const neverJudged = count ? order.length : 0;
  const folds: RowRange[] = [];
  for (let f = 0; f < count; f++) {
    const from = order.length;
    trainRows.forEach((i, at) => {
      if (fold[at] === f) order.push(i);
    });
    folds.push({ from, to: order.length });
  }
  const trainEnd = order.length;
  const all = Int32Array.from([...order, ...heldOutRows]);
  return {
    order: all,
    units: unitsOf(all, groups),
    folds,
    trainEnd,
    neverJudged,
    movedToTraining,
  };
}

function unitsOf(order: Int32Array, groups: Group[] | undefined): Int32Array {
  const numbers = new Map<Group, number>();
  return order.map((example, row) => {
    const group = groups?.[example];
    if (group === undefined || group === null || group === '') return row;
    if (!numbers.has(group)) numbers.set(group, row);
    return numbers.get(group)!;
  });
}

/** A model needs every class: one that is only held out goes to the training split, and its groups with it. */
function moveMissingClasses(
  labels: Int32Array,
  classes: number,
  groups: Group[] | undefined,
  training: boolean[],
): number {
  const present = new Set(labels.filter((_, i) => training[i]));
  if (present.size === classes) return 0;
  const moving = labels.reduce((set, label, i) => {
    const group = groups?.[i];
    if (!present.has(label) && group !== undefined && group !== null && group !== '') set.add(group);
    return set;
  }, new Set<string | number>());
  let moved = 0;
  for (let i = 0; i < labels.length; i++) {
    const group = groups?.[i];
    const follows = group !== undefined && group !== null && moving.has(group);
    if (training[i] || (present.has(labels[i]!) && !follows)) continue;
    training[i] = true;
    moved++;
  }
  return moved;
}
