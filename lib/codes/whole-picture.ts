// What a version reads whose tail is the whole network: the picture itself. There is nothing to compile, and nothing to
// hold in memory.

import type { TapData } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { Graph } from '../graph/index.ts';
import type { Plan } from '../inference/index.ts';

/** A plan that gives back its input, [size, size, channels], if the one tap is the graph's input; else undefined. */
export function wholePicture({ input }: Graph, taps: readonly TapData[], size: number): Plan | undefined {
  const [tap] = taps;
  if (taps.length !== 1 || tap!.op !== input.name) return undefined;
  if (tap!.pooling !== 'none')
    throw new HeadwaterError('unsupported-graph', 'The picture itself is no code. Read one behind a layer.');
  const shape: [number, number, number] = [size, size, input.channels];
  return {
    inputShape: shape,
    outputShapes: [shape],
    kernelRevision: 'none',
    bytes: 0,
    run: (picture) => [picture],
    dispose() {},
  };
}
