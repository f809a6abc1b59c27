// What the tables need, listed beforehand: which ways of transferring are tried on which pictures and networks, in the
// order in which a budget of hours is spent. Costly ways run on the small network with a fixed number of steps, and on
// the larger ones for a fold or two.

import type { AskedStrategyName, Tuning } from '../../lib/contract/index.ts';
import type { CellRequest } from './cell.ts';

export const strategies = [
  'linear',
  'linear-early',
  'fine-tune-top',
  'fine-tune-all',
  'from-scratch',
] as const;

/** The ten pairs that advice is judged on. */
export const pairs: readonly { network: string; set: string }[] = [
  { network: 'default', set: 'hymenoptera' },
  { network: 'mobilenet-v1-imagenet', set: 'hymenoptera' },
  { network: 'mobilenet-v1-0.25-128', set: 'hymenoptera' },
  { network: 'default', set: 'cats-dogs-40' },
  { network: 'mobilenet-v1-0.25-128', set: 'cats-dogs-40' },
  { network: 'mobilenet-v1-0.25-128', set: 'cats-dogs' },
  { network: 'default', set: 'emoji-40' },
  { network: 'mobilenet-v1-0.25-128', set: 'emoji-40' },
  { network: 'mobilenet-v1-0.25-128', set: 'fashion-50' },
  { network: 'mobilenet-v1-0.25-128', set: 'fashion-2000' },
];

/** Networks on which moving every layer takes minutes, not seconds. */
const isLarge = (network: string) => network !== 'mobilenet-v1-0.25-128';
const movesAll = (strategy: AskedStrategyName) => strategy === 'fine-tune-all' || strategy === 'from-scratch';

/** Steps of 16 pictures that ways which move every layer may take: enough for both to level off on small sets. */
const stepsOf = (set: string): number => (set === 'fashion-2000' ? 2000 : 300);
/** The large set is taught on nine tenths and judged on one, once; the others on four fifths, five times. */
export const foldsOf = (set: string): number => (set === 'fashion-2000' ? 10 : 5);

/** All cells of a way on a pair that one repeat has. */
export function cellsOf(
  network: string,
  set: string,
  strategy: AskedStrategyName,
  repeat = 0,
  tuning?: Tuning,
): CellRequest[] {
  const folds = foldsOf(set);
  const judgedFolds = set === 'fashion-2000' ? 1 : movesAll(strategy) && isLarge(network) ? 1 : folds;
  const budget = movesAll(strategy) ? { maxSteps: stepsOf(set) } : undefined;
  const told = budget || tuning ? { tuning: { ...budget, ...tuning } } : {};
  return Array.from({ length: judgedFolds }, (_, fold) => ({
    network,
    set,
    strategy,
    folds,
    repeat,
    fold,
    seed: repeat,
    ...told,
  }));
}

/** One rate for every layer, to hold ours against. */
export const equalRates: Tuning = { headRatio: 1, depthDecay: 1 };

/** Most telling first: what runs out of hours lacks repeats before it lacks rows. */
export function allCells(): CellRequest[] {
  const cheap = strategies.filter((strategy) => !movesAll(strategy));
  const small = 'mobilenet-v1-0.25-128';
  return [
    ...pairs.flatMap(({ network, set }) => cheap.flatMap((way) => cellsOf(network, set, way))),
    ...cheap.flatMap((way) => cellsOf('mobilenet-v2-1.0', 'hymenoptera', way)),
    ...['linear', 'fine-tune-top'].flatMap((way) =>
      cellsOf('default', 'cats-dogs', way as AskedStrategyName),
    ),
    ...pairs
      .filter(({ network }) => !isLarge(network))
      .flatMap(({ network, set }) => [
        ...cellsOf(network, set, 'fine-tune-all'),
        ...cellsOf(network, set, 'from-scratch'),
      ]),
    ...cellsOf(small, 'hymenoptera', 'fine-tune-all', 0, equalRates),
    ...pairs.flatMap(({ network, set }) => cellsOf(network, set, 'auto').slice(0, 2)),
    ...[
      ...pairs.filter(({ network }) => isLarge(network)),
      { network: 'mobilenet-v2-1.0', set: 'hymenoptera' },
    ].flatMap(({ network, set }) => [
      ...cellsOf(network, set, 'fine-tune-all'),
      ...cellsOf(network, set, 'from-scratch'),
    ]),
    // Other folds and seeds.
    ...[1, 2].flatMap((repeat) => [
      ...pairs
        .filter(({ set }) => set !== 'fashion-2000')
        .flatMap(({ network, set }) => cheap.flatMap((way) => cellsOf(network, set, way, repeat))),
      ...['linear', 'fine-tune-top'].flatMap((way) =>
        cellsOf('default', 'cats-dogs', way as AskedStrategyName, repeat),
      ),
      ...['fine-tune-all', 'from-scratch'].flatMap((way) =>
        cellsOf(small, 'hymenoptera', way as AskedStrategyName, repeat),
      ),
    ]),
  ];
}
