// Which pictures a cell teaches and which it judges: stratified folds, dealt with a seed, the same for every strategy.

import { createRng, shuffle } from '../../lib/linalg/index.ts';
import { byLabel, type Picture } from './datasets.ts';

export interface Fold {
  taught: Picture[];
  judged: Picture[];
}

/** Fold `fold` of `folds` in a repeat: each label is dealt out evenly, so every picture is judged once a repeat. */
export function foldOf(pictures: Picture[], folds: number, repeat: number, fold: number): Fold {
  const judged = new Set<Picture>();
  for (const all of byLabel(pictures)) {
    const order = [...all.keys()];
    shuffle(order, createRng(1000 + repeat));
    order.forEach((i, at) => {
      if (at % folds === fold) judged.add(all[i]!);
    });
  }
  return {
    taught: pictures.filter((each) => !judged.has(each)),
    judged: pictures.filter((each) => judged.has(each)),
  };
}
