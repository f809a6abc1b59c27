// One pass of a network over some pictures that looks at every place where statistics are compared.

import type { Graph } from '../../graph/index.ts';
import type { Compile } from '../../inference/index.ts';
import { type ChannelStatistics, ChannelSums } from './channel-statistics.ts';
import type { Place } from './places.ts';

export interface Network {
  graph: Graph;
  /** Input side in pixels. */
  size: number;
  compile: Compile;
}

/**
 * Statistics at each place, in their order, by a plan in float32.
 *
 * @param pictures normalised tensors [size, size, channels]
 * @param onPicture called after each with how many there were; a promise is awaited
 */
export async function measureChannels(
  { graph, size, compile }: Network,
  places: readonly Place[],
  pictures: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  onPicture: (done: number) => void | Promise<void> = () => {},
): Promise<ChannelStatistics[]> {
  const taps = places.map(({ tap }) => tap);
  const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
  try {
    const sums = plan.outputShapes.map((shape) => new ChannelSums(shape.at(-1)!));
    let done = 0;
    for await (const picture of pictures) {
      for (const [i, map] of plan.run(picture).entries()) sums[i]!.add(map);
      await onPicture(++done);
    }
    return sums.map((sum) => sum.statistics());
  } finally {
    plan.dispose();
  }
}
