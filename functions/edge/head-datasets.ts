// To which dataset a head belongs, for keys that are bound to one. A head never changes it, so it is remembered;
// only for a while, because a head may be deleted and made anew.

import { readHeadDocument } from '../../lib/registry/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';

const maxRemembered = 1000;

export interface HeadDatasetsOptions {
  store: ObjectStore;
  clock(): number;
  /** How long an answer counts. */
  refreshMs: number;
}

export function createHeadDatasets({ store, clock, refreshMs }: HeadDatasetsOptions) {
  const known = new Map<string, { dataset: string; until: number }>();

  /** The dataset of a head; null if there is no such head, which is not remembered. */
  async function of(head: string): Promise<string | null> {
    const found = known.get(head);
    if (found && clock() < found.until) return found.dataset;
    const dataset = (await readHeadDocument(store, head))?.dataset ?? null;
    if (known.size >= maxRemembered) known.clear();
    if (dataset === null) known.delete(head);
    else known.set(head, { dataset, until: clock() + refreshMs });
    return dataset;
  }

  return { of };
}
