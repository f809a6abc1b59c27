// The table of every way on every pair: accuracy, paired difference to `linear`, what it cost.

import { median, table } from '../bench/report.ts';
import { pictureSets } from './datasets.ts';
import { differenceOf, type Gathered, gather } from './gathered.ts';
import { pairs, strategies } from './plan.ts';
import { accuracyOf, points } from './statistics.ts';

/** Pairs that are measured besides those that advice is judged on. */
const others = [
  { network: 'mobilenet-v2-1.0', set: 'hymenoptera' },
  { network: 'default', set: 'cats-dogs' },
];

export function strategiesText(): string {
  const rows = [...pairs, ...others].flatMap(({ network, set }) => {
    const linear = gather(network, set, 'linear');
    return [...strategies, 'auto' as const].flatMap((strategy) => {
      const found = strategy === 'linear' ? linear : gather(network, set, strategy);
      return found.cells.length === 0 ? [] : [rowOf(network, set, strategy, found, linear)];
    });
  });
  return [
    'Each way is trained on four fifths of the pictures, a fifth of those held out for stopping and for calibration, and what it published is judged on the last fifth, which it has never seen; so each picture is judged once in each repeat (`folds`: five make a repeat). 20,000 of fashion-mnist are taught on nine tenths and judged on one. Difference to `linear`: points, mean over the pictures that both judged, and its 95 % interval. Ways that move every layer take at most 300 steps of 16 pictures (2,000 on fashion-mnist, 20,000), so they are compared at the same cost rather than at their best.',
    table(
      ['pictures', 'network', 'way', 'folds', 'accuracy', 'against linear', 'training − held-out', 'seconds'],
      rows,
    ),
  ].join('\n\n');
}

function rowOf(network: string, set: string, strategy: string, found: Gathered, linear: Gathered) {
  const difference = strategy === 'linear' ? undefined : differenceOf(found, linear);
  const gaps = found.cells.map(({ report }) => gapOf(report)).filter((gap) => gap !== undefined);
  return [
    pictureSets[set]!.name,
    network,
    strategy,
    found.cells.length,
    accuracyOf(found.rights).toFixed(3),
    difference ? points(difference) : '',
    gaps.length ? (100 * median(gaps)).toFixed(1) : '',
    median(found.cells.map(({ seconds }) => seconds)).toFixed(0),
  ];
}

/** How much better it knew what it learned from than what was held out. */
function gapOf(report: Record<string, unknown>): number | undefined {
  const { gap } = (report.tuning ?? {}) as { gap?: number | null };
  return gap ?? undefined;
}
