// The versions of heads that answer a request, or errors that tell apart "no such head" and "not trained".

import { HeadwaterError } from '../../lib/errors/index.ts';
import { requireHead } from '../../lib/registry/index.ts';
import type { LoadedHead } from './load-head.ts';
import type { Services } from './services.ts';

export interface AskedHead {
  head: string;
  /** The lowest version that will do. */
  minVersion?: number | undefined;
}

/** One version of a head, which answers a request from its start to its end. */
export interface Answering extends LoadedHead {
  name: string;
  version: number;
  /** It may be older than `maxStaleMs`: storage or control could not be asked. */
  stale: boolean;
}

/** A head that was asked and has no answer. */
export interface Silent {
  name: string;
  error: HeadwaterError;
}

export const answers = (head: Answering | Silent): head is Answering => 'version' in head;

/** @throws HeadwaterError `not-found`, `not-trained`, `version-not-live`, and whatever a first load meets */
export async function currentHead(
  { store, heads }: Pick<Services, 'store' | 'heads'>,
  { head, minVersion }: AskedHead,
  behind: (work: Promise<void>) => void,
): Promise<Answering> {
  try {
    const { current, stale } = await heads.get(head, behind, minVersion);
    return { ...current.loaded, name: head, version: current.version, stale };
  } catch (error) {
    if (error instanceof HeadwaterError && error.type === 'not-trained') await requireHead(store, head);
    throw error;
  }
}

/**
 * Each head that was asked, in order; one that cannot answer with its error.
 *
 * @throws HeadwaterError the first head's, if none can; what is no HeadwaterError always
 */
export async function currentHeads(
  services: Pick<Services, 'store' | 'heads'>,
  asked: AskedHead[],
  behind: (work: Promise<void>) => void,
): Promise<(Answering | Silent)[]> {
  const heads = await Promise.all(
    asked.map((one) => currentHead(services, one, behind).catch((error) => silenced(one, error))),
  );
  const [first] = heads;
  if (first && !answers(first) && !heads.some(answers)) throw first.error;
  return heads;
}

function silenced({ head }: AskedHead, error: unknown): Silent {
  if (error instanceof HeadwaterError) return { name: head, error };
  throw error;
}
