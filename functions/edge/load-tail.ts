// A version's tail, before it may answer: it must begin where the version's code space ends, run here, and give the code
// that its trainer saw. Its plan is then there for the first photo; meanwhile the older version answers with its own.

import { type CodePlace, type Coder, type TailedPlace, tailPlaceOf } from '../../lib/codes/index.ts';
import type { Manifest, TailDocument } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { checkTailGolden } from '../../lib/heads/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';

export interface TailParts {
  store: ObjectStore;
  coder: Pick<Coder, 'proveTail'>;
  /** Says which version is refused, and why. */
  refuse(why: string, cause?: unknown): HeadwaterError;
}

/**
 * The place of a fine-tuned version: `trunk`, which its code space names, with its tail behind it.
 *
 * @throws HeadwaterError `head-refused`; `code-space-unavailable` if the tail is written for other kernels;
 *   `backbone-too-large`, `overloaded`, `storage-unavailable`
 */
export async function withTail(
  trunk: CodePlace,
  { head, dims }: Manifest,
  tail: TailDocument,
  { store, coder, refuse }: TailParts,
): Promise<CodePlace> {
  const [tap, ...others] = trunk.taps;
  if (others.length > 0 || tap!.pooling !== 'none' || !isSame(tap!, tail.from))
    throw refuse('its tail begins elsewhere than its code space says');
  const place: TailedPlace = { ...trunk, tail: tailPlaceOf(head, tail, store) };
  try {
    await coder.proveTail(place, (run) => checkTailGolden(tail, dims, run));
  } catch (error) {
    // A program that reaches beyond its memory traps, which is no HeadwaterError.
    if (!(error instanceof HeadwaterError)) throw refuse('its tail cannot be run', error);
    throw error.type === 'internal' ? refuse('its tail cannot be run', error) : error;
  }
  return place;
}

const isSame = (a: TailDocument['from'], b: TailDocument['from']) =>
  a.op === b.op && a.pooling === b.pooling && a.pre === b.pre;
