// Whether an edge has room for a tail, asked before anything is trained. While a version goes live its tail stands beside
// its predecessor's, which is about as large, and both beside the trunk; so much must fit the edge's budget for plans.

import type { CodeSpace } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import { type CompileOptions, draftProgram } from '../../inference/index.ts';
import type { MovingLayers } from './layers.ts';
import { planOptions } from './open-plan.ts';
import type { StrategyParts } from './parts.ts';

export interface TailNeeds {
  trunkBytes: number;
  /** In float32: integers need less. */
  tailBytes: number;
}

/** What the plans of a trunk and of the tail on it take in memory. */
export async function tailNeeds(
  { from, to, graph, inputShape, isWhole }: MovingLayers,
  space: CodeSpace,
  parts: Pick<StrategyParts, 'backbone'>,
): Promise<TailNeeds> {
  const trunk = await planOptions(parts, space, [from]);
  const trunkBytes = isWhole ? 0 : draftProgram(trunk.graph, trunk.options).memoryBytes;
  const options: CompileOptions = { size: inputShape[0], taps: [to], arithmetic: 'float32' };
  return { trunkBytes, tailBytes: draftProgram(graph, options).memoryBytes };
}

/**
 * The first of some choices of layers that fits.
 *
 * @throws HeadwaterError `tail-too-large` with the numbers, if none does
 */
export async function requireTailFits(
  choices: readonly MovingLayers[],
  space: CodeSpace,
  parts: Pick<StrategyParts, 'backbone' | 'maxEdgeBytes'>,
): Promise<MovingLayers> {
  const needs: TailNeeds[] = [];
  for (const layers of choices) {
    const need = await tailNeeds(layers, space, parts);
    if (bytesOf(need) <= parts.maxEdgeBytes) return layers;
    needs.push(need);
  }
  const least = needs.reduce((a, b) => (bytesOf(b) < bytesOf(a) ? b : a));
  throw tooLarge(least, parts.maxEdgeBytes);
}

const bytesOf = ({ trunkBytes, tailBytes }: TailNeeds) => trunkBytes + 2 * tailBytes;

function tooLarge({ trunkBytes, tailBytes }: TailNeeds, maxBytes: number): HeadwaterError {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const bytes = trunkBytes + 2 * tailBytes;
  return new HeadwaterError(
    'tail-too-large',
    `The trained layers take ${mebibytes(tailBytes)} MiB at an edge, twice that while one version follows another, and the layers below them ${mebibytes(trunkBytes)} MiB: ${mebibytes(bytes)} MiB, and there is room for ${mebibytes(maxBytes)} MiB. Train from a later place ("from"), at a smaller size, or on a smaller backbone.`,
    { tailBytes, trunkBytes, bytes, maxBytes },
  );
}
