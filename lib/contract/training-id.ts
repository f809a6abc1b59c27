// A training's id carries its dataset, so that whoever holds one finds the coordinator without a directory.

import { HeadwaterError } from '../errors/index.ts';
import { fromBase64Url, toBase64Url } from '../tensors/index.ts';
import { Name, Ulid } from './names.ts';

/** `<base64url(dataset)>.<ulid>` */
export function trainingId(dataset: string, ulid: string): string {
  return `${toBase64Url(new TextEncoder().encode(dataset))}.${ulid}`;
}

/** The inverse of {@link trainingId}. @throws HeadwaterError `not-found`: a malformed id names no training. */
export function parseTrainingId(id: string): { dataset: string; ulid: string } {
  const [encoded = '', ulid = '', ...rest] = id.split('.');
  try {
    const dataset = new TextDecoder('utf-8', { fatal: true }).decode(fromBase64Url(encoded));
    if (rest.length === 0 && Ulid.safeParse(ulid).success && Name.parse(dataset) === dataset)
      return { dataset, ulid };
  } catch {
    // Falls through to the one error below.
  }
  throw new HeadwaterError('not-found', `There is no training "${id.slice(0, 200)}".`);
}
