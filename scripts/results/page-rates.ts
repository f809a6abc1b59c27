// How far each layer has moved, with rates that fall with depth and with the same rate everywhere.

import { table } from '../bench/report.ts';
import { type Gathered, gather } from './gathered.ts';
import { equalRates } from './plan.ts';
import { accuracyOf } from './statistics.ts';

interface Movement {
  layer: string;
  depth: number;
  ratio: number;
  learningRate: number;
}

export function equalRatesText(network = 'mobilenet-v1-0.25-128', set = 'hymenoptera'): string {
  const ours = gather(network, set, 'fine-tune-all');
  const equal = gather(network, set, 'fine-tune-all', equalRates);
  const [mine, theirs] = [movedIn(ours), movedIn(equal)];
  if (mine.length === 0 || theirs.length === 0) return 'Not measured yet.';
  const rows = mine.map(({ layer, depth, ratio }) => {
    const other = theirs.find((each) => each.layer === layer);
    return [depth, layer, digits(ratio), other ? digits(other.ratio) : '–'];
  });
  return [
    `fine-tune-all on ${set}, ${network}: ‖Δw‖ ÷ ‖w‖ of each layer, first fold; depth counts from the head. Accuracy over all folds: ${accuracyOf(ours.rights).toFixed(3)} with rates that fall with depth, ${accuracyOf(equal.rights).toFixed(3)} with equal ones.`,
    table(['depth', 'layer', 'falling', 'equal'], rows),
  ].join('\n\n');
}

function movedIn({ cells }: Gathered): Movement[] {
  const { moved } = (cells[0]?.report.tuning ?? {}) as { moved?: Movement[] };
  return moved ?? [];
}

const digits = (ratio: number) => (ratio === 0 ? '0' : ratio.toPrecision(2));
