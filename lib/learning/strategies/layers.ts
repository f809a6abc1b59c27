// Which layers a training moves: everything after a place where the network can be cut in two. What lies below stays the
// backbone's and is shared by all heads.

import type { StrategyName, TapData, TrainRequest } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import {
  countMultiplyAdds,
  cutAtTaps,
  type Graph,
  inferShapes,
  resolveTap,
  tailAfterTap,
} from '../../graph/index.ts';
import { cutPlaces, type Rung, topPlace } from '../evidence/ladder.ts';
import type { StrategyParts } from './parts.ts';

export interface MovingLayers {
  /** Where the trunk ends, unpooled; the graph's input where everything moves. */
  from: TapData;
  /** As a person would name it. */
  fromName: string;
  /** Where the code is read. */
  to: TapData;
  /** The layers between, as a graph whose input is the map at `from`, with the activation that a `pre` tap reads before;
   *  weights are the backbone's. */
  graph: Graph;
  /** Of that map: [h, w, c]. */
  inputShape: [number, number, number];
  /** Share of the multiply-adds up to `to` that the frozen layers take. */
  frozen: number;
  /** Whether nothing is frozen, and the map is the picture. */
  isWhole: boolean;
}

/**
 * The layers that `strategy` moves, best first: where a request of fine-tune-top names none, other places to begin
 * follow the default one.
 *
 * @throws HeadwaterError `bad-request` for a head on several taps, or a place that is not below the head's;
 * `unknown-tap`; `unsupported-graph` where a shortcut goes round the place
 */
export function movingLayers(
  { codeSpaceDocument, options }: Pick<TrainRequest, 'codeSpaceDocument' | 'options'>,
  strategy: StrategyName,
  { backbone }: Pick<StrategyParts, 'backbone'>,
): MovingLayers[] {
  const [to, second] = codeSpaceDocument.taps as [TapData, TapData | undefined];
  const { graph, card } = backbone;
  const { size } = codeSpaceDocument.recipe;
  if (second)
    throw new HeadwaterError(
      'bad-request',
      'Layers can be trained for a head on one tap only, and this one reads several. Train it with strategy linear, or make a head on one tap.',
    );
  const { from } = options.tuning;
  if (strategy !== 'fine-tune-top') {
    if (from !== undefined)
      throw new HeadwaterError('bad-request', '"from" is for fine-tune-top; the others train every layer.');
    return [wholeNetwork(graph, to, size)];
  }
  const places = cutPlaces(graph, card, to);
  if (from !== undefined) {
    const named = resolveTap(graph, card, from);
    const tap: TapData = { op: named.op, pooling: 'none', pre: named.pre ?? false };
    return [layersAfter(graph, tap, from, to, size, places)];
  }
  const top = topPlace(graph, card, to);
  if (!top)
    throw new HeadwaterError(
      'unsupported-graph',
      'This network has no place below the head where no shortcut goes round. Train it with strategy fine-tune-all.',
    );
  return places
    .filter(({ multiplyAdds }) => multiplyAdds >= top.multiplyAdds)
    .map(({ name, tap }) => layersAfter(graph, { ...tap, pre: false }, name, to, size, places));
}

function wholeNetwork(whole: Graph, to: TapData, size: number): MovingLayers {
  const { name, channels } = whole.input;
  return {
    from: { op: name, pooling: 'none', pre: false },
    fromName: 'the picture',
    to,
    graph: layersUpTo(whole, to),
    inputShape: [size, size, channels],
    frozen: 0,
    isWhole: true,
  };
}

function layersAfter(
  whole: Graph,
  from: TapData,
  fromName: string,
  to: TapData,
  size: number,
  places: Rung[],
): MovingLayers {
  const trunk = cutAtTaps(whole, [from]);
  const upTo = cutAtTaps(whole, [to]);
  const shape = inferShapes(trunk.graph, size).get(trunk.outputs[0]!)!;
  const isBelow = upTo.graph.ops.some(({ name }) => name === from.op) && trunk.outputs[0] !== upTo.outputs[0];
  if (shape.length !== 3 || !isBelow)
    throw new HeadwaterError(
      'bad-request',
      `Layers cannot be trained from "${fromName}": it is not a map below "${to.op}", where the head reads its codes. Places to begin: ${places.map(({ name }) => name).join(', ')}.`,
      { from: fromName, places: places.map(({ name }) => name) },
    );
  // What is not needed for the code goes first: a shortcut behind it is none of this training's.
  const tail = tailAfterTap(layersUpTo(whole, to), from, shape[2]!);
  return {
    from,
    fromName,
    to,
    graph: layersUpTo(tail, to),
    inputShape: shape as [number, number, number],
    frozen: countMultiplyAdds(trunk.graph, size) / countMultiplyAdds(upTo.graph, size),
    isWhole: false,
  };
}

/** What a tap needs, and the layer that it names: cut before its activation, that name would be gone. */
const layersUpTo = (graph: Graph, tap: TapData): Graph => cutAtTaps(graph, [{ ...tap, pre: false }]).graph;
