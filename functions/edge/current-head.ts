// The version of a head that answers a request, or an error that tells apart "no such head" and "not trained".

import { HeadwaterError } from '../../lib/errors/index.ts';
import { requireHead } from '../../lib/registry/index.ts';
import type { Services } from './services.ts';

/** @throws HeadwaterError `not-found`, `not-trained`, and whatever a first load meets */
export async function currentHead(
  { store, heads }: Services,
  head: string,
  behind: (work: Promise<void>) => void,
) {
  try {
    return await heads.get(head, behind);
  } catch (error) {
    if (error instanceof HeadwaterError && error.type === 'not-trained') await requireHead(store, head);
    throw error;
  }
}
