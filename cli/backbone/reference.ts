// What a named set of photographs looks like inside a backbone: the reference that datasets are compared with where its
// batch-norm, which would know the original data, has been folded away.

import { basename } from 'node:path';
import { type BackboneFile, type ReferenceStatistics, writeReferenceFile } from '../../lib/codes/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { readBackbone } from '../../lib/graph/index.ts';
import { compilePlain } from '../../lib/inference/compile-node.ts';
import { measureChannels, statisticsPlaces } from '../../lib/learning/evidence/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { evenly, photosIn, tensorsOf } from './photos.ts';

/** Fewer photographs do not tell a channel's variance. */
const leastPhotos = 50;
const mostPhotos = 400;

export interface ReferenceOptions {
  /** Folder of photographs like those that the network was made for. */
  reference?: string;
  /** What they are, for a person. */
  'reference-name'?: string;
}

export interface ReferencePlan {
  photos: string[];
  name(count: number): string;
}

/**
 * Where the command takes its reference, checked before anything is computed: a folder that was named, else the photos
 * that ranges are measured on, if they are enough; else nothing.
 *
 * @throws HeadwaterError `bad-request`, `not-found`
 */
export function planReference(options: ReferenceOptions, calibration: string[]): ReferencePlan | null {
  const { reference, 'reference-name': named } = options;
  if (reference === undefined) {
    if (named !== undefined)
      throw new HeadwaterError('bad-request', '--reference-name goes with --reference <folder of photos>.');
    if (calibration.length < leastPhotos) return null;
    return { photos: calibration, name: (count) => `${count} of the photos that ranges were measured on` };
  }
  const photos = photosIn(reference);
  if (photos.length < leastPhotos)
    throw new HeadwaterError(
      'bad-request',
      `There are ${photos.length} photos in ${reference}; a reference needs at least ${leastPhotos}.`,
    );
  if (named !== undefined && (named.length < 1 || named.length > 150))
    throw new HeadwaterError('bad-request', '--reference-name has 1 to 150 characters.');
  return { photos, name: (count) => named ?? `${count} photographs of "${basename(reference)}"` };
}

/** The backbone with its reference, if it needs one and there are photographs. Prints what it does. */
export async function withReference(own: BackboneFile, plan: ReferencePlan | null): Promise<BackboneFile> {
  if (!plan) return own;
  const measured = await measureReference(own, plan.photos, plan.name);
  if (!measured) {
    console.log(
      '\nIts batch-norm layers know the data that it was trained on: no other reference is needed.',
    );
    return own;
  }
  console.log(`\nReference for similarity: ${measured.name}.`);
  const file = writeReferenceFile(measured);
  return { ...own, reference: { digest: await sha256(file), file } };
}

/** Null where the backbone's own batch-norm has statistics. */
export async function measureReference(
  { file, digest }: BackboneFile,
  photos: string[],
  name: (count: number) => string,
): Promise<ReferenceStatistics | null> {
  const { graph, card } = readBackbone(file);
  const places = statisticsPlaces(graph, card);
  if (places.some(({ kept }) => kept)) return null;
  const network = { graph, size: card.size, compile: compilePlain };
  let images = 0;
  const pictures = tensorsOf(evenly(photos, mostPhotos), card.recipe);
  const statistics = await measureChannels(network, places, pictures, (done) => {
    images = done;
  });
  return {
    backbone: digest,
    name: name(images),
    images,
    places: new Map(places.map((place, i) => [place.name, statistics[i]!])),
  };
}
