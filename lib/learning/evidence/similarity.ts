// How like a dataset is to what a backbone was made for, without the original pictures: distances of its activation
// statistics, on a scale between photographs and noise.

import { photographDistance, unlikeScore } from '../../advice/index.ts';
import type { ReferenceStatistics } from '../../codes/index.ts';
import type { Evidence } from '../../contract/index.ts';
import type { Card } from '../../graph/index.ts';
import type { ChannelStatistics } from './channel-statistics.ts';
import { layerDistance, overallDistance } from './distance.ts';
import { measureChannels, type Network } from './measure-channels.ts';
import { noisePictures } from './noise.ts';
import type { Place } from './places.ts';

const noiseCount = 12;

export type Similarity = Evidence['similarity'];

export interface Compared {
  similarity: Similarity;
  /** By the rung's tap. */
  distances: Map<string, number>;
}

/** What a network's places are compared with; null where there is nothing. */
export function referenceOf(
  places: readonly Place[],
  given: ReferenceStatistics | null,
): { name: string; statistics: Map<string, ChannelStatistics> } | null {
  const kept = places.flatMap(({ name, kept }) => (kept ? [[name, kept] as const] : []));
  if (kept.length > 0) return { name: 'its own training data (batch-norm)', statistics: new Map(kept) };
  return given && { name: given.name, statistics: new Map(given.places) };
}

/** What is said where there is nothing to compare with. */
export const unavailable = (reason: string): Compared => ({
  similarity: { verdict: 'unavailable', reference: null, score: null, scale: [], reason },
  distances: new Map(),
});

/**
 * Compares pictures with a backbone's reference.
 *
 * @param pictures normalised tensors of the dataset
 */
export async function compareWithReference(
  network: Network & { card: Card },
  places: readonly Place[],
  given: ReferenceStatistics | null,
  pictures: AsyncIterable<Float32Array>,
  onPicture: (done: number) => void | Promise<void> = () => {},
): Promise<Compared> {
  const reference = referenceOf(places, given);
  const known = places.filter(({ name }) => reference?.statistics.has(name));
  if (!reference || known.length === 0)
    return unavailable(
      'This backbone has no batch-norm statistics and no reference: add it again with --reference <folder of photos>.',
    );
  const distancesOf = (set: ChannelStatistics[]) =>
    set.map((channels, i) => layerDistance(channels, reference.statistics.get(known[i]!.name)!));
  const own = await measureChannels(network, known, pictures, onPicture);
  const noise = noisePictures(network.card.recipe, network.size, noiseCount);
  const ofNoise = overallDistance(distancesOf(await measureChannels(network, known, noise)));
  const layers = distancesOf(own);
  const distance = overallDistance(layers);
  const score = scoreOf(distance, ofNoise);
  return {
    similarity: {
      verdict: score < unlikeScore ? 'similar' : 'unlike',
      reference: reference.name,
      score,
      scale: [
        { name: 'photographs of one subject', distance: photographDistance },
        { name: 'these pictures', distance },
        { name: 'noise', distance: ofNoise },
      ],
      reason: null,
    },
    distances: new Map(known.map(({ rung }, i) => [rung.name, layers[i]!])),
  };
}

/** 0 at the distance of photographs, 1 at that of noise, by the logarithm. */
export function scoreOf(distance: number, ofNoise: number): number {
  const farthest = Math.max(ofNoise, 2 * photographDistance);
  const score = Math.log(distance / photographDistance) / Math.log(farthest / photographDistance);
  return Math.min(1, Math.max(0, score));
}
