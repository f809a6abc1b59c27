// The ladder: a few places of a network, from early to late, where a linear head could be put or from where layers could
// be trained. Early layers are general, late ones specific to what the network was made for; the ladder is there to see
// where a dataset is served best.

import {
  type Card,
  countMultiplyAdds,
  cutAtTaps,
  type Graph,
  inferShapes,
  type Op,
  type Tap,
  tailAfterTap,
} from '../../graph/index.ts';

export interface Rung {
  /** As a request would name it: an alias where there is one, else the layer. */
  name: string;
  tap: Tap;
  /** Channels of the map there, which is the length of an averaged code. */
  dims: number;
  /** Multiply-adds from the picture to this place. */
  multiplyAdds: number;
  /** Their share of those up to `final`. */
  depth: number;
}

/** Places that the ladder has at most, the default tap and `final` among them. */
export const rungCount = 8;

/** Nearer to the default tap or to `final` than this, in depth, a place tells nothing new. */
const leastSpacing = 0.02;

/**
 * The taps that one forward pass collects to compare linear heads on: about `count` averaged maps, evenly spread over the
 * multiply-adds, each the widest of its stretch; always with the card's default tap and `final`. In ascending depth.
 */
export function ladderTaps(graph: Graph, card: Card, count: number = rungCount): Rung[] {
  const places = placesOf(graph, card, 'avg');
  const isFixed = ({ tap }: Rung) =>
    tap.op === card.taps[card.defaultTap]!.op || tap.op === card.taps.final!.op;
  const chosen = new Set(places.filter(isFixed));
  const isNearFixed = ({ depth }: Rung) =>
    places.some((rung) => isFixed(rung) && Math.abs(rung.depth - depth) < leastSpacing);
  const stretches = count - chosen.size;
  for (let s = 0; s < stretches; s++) {
    const isWithin = ({ depth }: Rung) => depth > s / stretches && depth <= (s + 1) / stretches;
    const within = places.filter((rung) => isWithin(rung) && !isNearFixed(rung));
    if (within.length === 0) continue;
    chosen.add(within.reduce((best, rung) => (rung.dims > best.dims ? rung : best)));
  }
  return places.filter((rung) => chosen.has(rung));
}

/**
 * The maps after which a network can be cut in two before `output`: where no shortcut goes round. The layers from there
 * to `output` can be trained with everything below them frozen. In ascending depth; taps are unpooled.
 */
export function cutPlaces(graph: Graph, card: Card, output: Tap): Rung[] {
  const { graph: trunk, outputs } = cutAtTaps(graph, [output]);
  const canCut = ({ tap, dims }: Rung) => {
    if (tap.op === outputs[0] || !trunk.ops.some(({ name }) => name === tap.op)) return false;
    try {
      tailAfterTap(trunk, tap, dims);
      return true;
    } catch {
      return false;
    }
  };
  return placesOf(graph, card, 'none').filter(canCut);
}

/** Every map up to `final` that ends a layer or a stage, in ascending depth. */
function placesOf(graph: Graph, card: Card, pooling: Tap['pooling']): Rung[] {
  const shapes = inferShapes(graph, card.size);
  const cost = (op: string) =>
    countMultiplyAdds(cutAtTaps(graph, [{ op, pooling: 'none' }]).graph, card.size);
  const end = graph.taps.final!.op;
  const whole = cost(end);
  const upToEnd = new Set(cutAtTaps(graph, [graph.taps.final!]).graph.ops.map(({ name }) => name));
  const names = namesOf(graph, card);
  const fixed = new Set([end, card.taps[card.defaultTap]!.op]);
  return graph.ops
    .filter((op) => upToEnd.has(op.name) && shapes.get(op.name)!.length === 3)
    .filter((op) => endsStage(op, graph) || fixed.has(op.name))
    .map(({ name: op }): Rung => {
      const multiplyAdds = cost(op);
      const dims = shapes.get(op)!.at(-1)!;
      return {
        name: names.get(op) ?? op,
        tap: { op, pooling },
        dims,
        multiplyAdds,
        depth: multiplyAdds / whole,
      };
    })
    .sort((a, b) => a.depth - b.depth);
}

/** Activations, fused or not, sums and concatenations; bare convolutions where nothing of the kind follows. */
function endsStage(op: Op, graph: Graph): boolean {
  if (op.op === 'activation' || op.op === 'add' || op.op === 'concat') return true;
  if (op.attrs.activation) return true;
  if (op.op !== 'conv2d' && op.op !== 'batchNorm') return false;
  const readers = graph.ops.filter(({ inputs }) => inputs.includes(op.name));
  return !readers.some((reader) => reader.op === 'activation' || reader.op === 'batchNorm');
}

/** Aliases by op; one that says more than `final` is preferred, and the default tap's own to any other. */
function namesOf(graph: Graph, card: Card): Map<string, string> {
  const names = new Map<string, string>();
  for (const [alias, { op }] of Object.entries(graph.taps))
    if (!names.has(op) || names.get(op) === 'final') names.set(op, alias);
  names.set(card.taps[card.defaultTap]!.op, card.defaultTap);
  return names;
}

/** How much of the way to the code is left frozen when only the top is trained: its last fifth or so moves. */
const frozenShare = 0.86;

/** Where fine-tune-top begins unless somebody says otherwise; null where a shortcut goes round every place. */
export function topPlace(graph: Graph, card: Card, output: Tap): Rung | null {
  const places = cutPlaces(graph, card, output);
  const end = countMultiplyAdds(cutAtTaps(graph, [output]).graph, card.size);
  return places.findLast(({ multiplyAdds }) => multiplyAdds <= frozenShare * end) ?? places[0] ?? null;
}
