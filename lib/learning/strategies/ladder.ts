// The places that `linear-early` chooses among, with codes of a sample of the training photos: one forward pass a photo
// reads them all.

import type { TapData, TrainRequest } from '../../contract/index.ts';
import { countMultiplyAdds, cutAtTaps } from '../../graph/index.ts';
import { toFloat16 } from '../../tensors/index.ts';
import { ladderTaps, type Rung } from '../evidence/ladder.ts';
import { collectCodes, type HalfCodes } from './collect-codes.ts';
import { partOf, type StrategyParts, type StrategyRun } from './parts.ts';

/** A place of the network, or two side by side, with its codes of the sample. */
export interface Place {
  name: string;
  taps: TapData[];
  /** Share of the network's multiply-adds that lies below it. */
  depth: number;
  multiplyAdds: number;
  codes: HalfCodes[];
}

export interface Ladder {
  /** In ascending depth. */
  rungs: Place[];
  /** By the name of the rung: the same place before its activation function, where it has one. */
  before: Map<string, Place>;
  /** Where a linear training reads its codes: one of the rungs, or a place of its own. */
  usual: Place;
}

/** Collects the ladder's codes of `examples`. */
export async function collectLadder(
  { codeSpaceDocument: space }: TrainRequest,
  parts: StrategyParts,
  examples: number[],
  run: StrategyRun,
): Promise<Ladder> {
  const { graph, card } = parts.backbone;
  const found = ladderTaps(graph, card);
  const activated = found.filter(({ tap }) => endsInActivation(parts, tap.op));
  const taps = [...found.map((rung) => tapOf(rung, false)), ...activated.map((rung) => tapOf(rung, true))];
  const codes = await collectCodes(parts, space, taps, examples, partOf(run, 0, 1, 'codes of the ladder'));
  const placeOf = ({ name, depth, multiplyAdds }: Rung, at: number): Place => {
    const tap = taps[at]!;
    return { name: tap.pre ? `${name}:pre` : name, taps: [tap], depth, multiplyAdds, codes: [codes[at]!] };
  };
  const rungs = found.map(placeOf);
  return {
    rungs,
    before: new Map(activated.map((rung, i) => [rung.name, placeOf(rung, found.length + i)])),
    usual: rungs.find((rung) => isSame(rung.taps, space.taps)) ?? usualPlace(space.taps, parts, examples),
  };
}

/** Two taps side by side, the earlier one first; both are computed on the way to the later one. */
export function pairOf(a: Place, b: Place): Place {
  const [first, second] = a.depth <= b.depth ? [a, b] : [b, a];
  return {
    ...second,
    name: `${first.name} + ${second.name}`,
    taps: [...first.taps, ...second.taps],
    codes: [...first.codes, ...second.codes],
  };
}

/** A head's own taps that are no rung; its codes are at hand. */
function usualPlace(taps: TapData[], { backbone, set }: StrategyParts, examples: number[]): Place {
  const { graph, card } = backbone;
  const { dims } = set;
  const bits = new Uint16Array(examples.length * dims);
  examples.forEach((i, row) => {
    bits.set(toFloat16(set.codes.subarray(i * dims, (i + 1) * dims)), row * dims);
  });
  const multiplyAdds = countMultiplyAdds(cutAtTaps(graph, taps).graph, card.size);
  const name = taps.map(({ op, pre }) => (pre ? `${op}:pre` : op)).join(' + ');
  const depth = multiplyAdds / card.taps.final!.multiplyAdds;
  return { name, taps, depth, multiplyAdds, codes: [{ bits, dims }] };
}

const tapOf = ({ tap }: Rung, pre: boolean): TapData => ({ op: tap.op, pooling: tap.pooling, pre });

const isSame = (a: TapData[], b: TapData[]) =>
  a.length === b.length &&
  a.every(({ op, pooling, pre }, i) => {
    const other = b[i]!;
    return op === other.op && pooling === other.pooling && pre === other.pre;
  });

function endsInActivation({ backbone }: StrategyParts, name: string): boolean {
  const op = backbone.graph.ops.find((one) => one.name === name);
  return op?.op === 'activation' || op?.attrs.activation !== undefined;
}
