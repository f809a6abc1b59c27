// What the kept figures come to: for a way on a pair of pictures and network, how often each picture was named right.

import type { AskedStrategyName, Tuning } from '../../lib/contract/index.ts';
import type { CellFigures } from './cell.ts';
import { keptFigures } from './kept.ts';
import { cellsOf } from './plan.ts';
import { pairedDifference, type Rights } from './statistics.ts';

const repeats = [0, 1, 2];

export interface Gathered {
  cells: CellFigures[];
  rights: Rights;
}

/** Every cell of a way on a pair that has been measured. */
export function gather(network: string, set: string, strategy: AskedStrategyName, tuning?: Tuning): Gathered {
  const cells = repeats
    .flatMap((repeat) => cellsOf(network, set, strategy, repeat, tuning))
    .map((request) => keptFigures<CellFigures>(request))
    .filter((figures) => figures !== undefined);
  const judgements = new Map<string, boolean[]>();
  for (const { right } of cells)
    for (const [id, value] of Object.entries(right))
      judgements.set(id, [...(judgements.get(id) ?? []), value]);
  const rights = new Map(
    [...judgements].map(([id, values]) => [id, values.filter((value) => value).length / values.length]),
  );
  return { cells, rights };
}

/** The difference of two ways on the pictures that both have judged; undefined where there are none. */
export function differenceOf(ours: Gathered, others: Gathered) {
  const both = [...ours.rights.keys()].filter((id) => others.rights.has(id));
  if (both.length < 2) return undefined;
  const only = (rights: Rights) => new Map(both.map((id) => [id, rights.get(id)!]));
  return pairedDifference(only(ours.rights), only(others.rights));
}
