// Advice beside what won, on the ten pairs that were listed beforehand; and how near each set of pictures is to what each
// network was made for.

import type { Advice } from '../../lib/contract/index.ts';
import { table } from '../bench/report.ts';
import { pictureSets } from './datasets.ts';
import { differenceOf, gather } from './gathered.ts';
import { keptFigures } from './kept.ts';
import { pairs, strategies } from './plan.ts';
import { accuracyOf } from './statistics.ts';

/** Advice is right if what it says to do is no worse than the best way by more than this, or not beyond noise. */
const tolerance = 0.01;

export function adviceText(): string {
  const judged = pairs.map(judge);
  const known = judged.filter((row) => row !== undefined);
  const right = known.filter(({ isRight }) => isRight).length;
  return [
    `The ten pairs were listed before anything was measured. Advice sees all pictures of a set; the best way is the one with the highest accuracy in the table above. It is right if what it says to do is within a point of the best, or if the paired interval of their difference includes 0. Right on ${right} of the ${known.length} measured.`,
    table(
      ['pictures', 'network', 'case', 'advice', 'its accuracy', 'expected', 'best way', 'accuracy', ''],
      known.map(({ cells }) => cells),
    ),
  ].join('\n\n');
}

function judge({ network, set }: (typeof pairs)[number]) {
  const advice = keptFigures<Advice>({ advice: { network, set } });
  const ways = strategies
    .map((way) => ({ way, found: gather(network, set, way) }))
    .filter(({ found }) => found.cells.length > 0)
    .map((each) => ({ ...each, accuracy: accuracyOf(each.found.rights) }));
  const advised = ways.find(({ way }) => way === advice?.strategy);
  if (!advice || !advised || ways.length < 2) return undefined;
  const best = ways.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const difference = best === advised ? undefined : differenceOf(best.found, advised.found);
  const isRight = best.accuracy - advised.accuracy <= tolerance || !difference || difference.low <= 0;
  const { value, low, high } = advice.expected;
  return {
    isRight,
    cells: [
      pictureSets[set]!.name,
      network,
      advice.case,
      advice.strategy,
      advised.accuracy.toFixed(3),
      `${value.toFixed(3)} (${low.toFixed(3)} … ${high.toFixed(3)})`,
      best.way,
      best.accuracy.toFixed(3),
      isRight ? 'right' : 'wrong',
    ],
  };
}
