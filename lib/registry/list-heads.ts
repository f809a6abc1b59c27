// Which heads there are: the folders under heads/ that hold a head.json. A folder without one is what a training
// or a deletion has left behind, and no head.

import { type HeadDocument, headPrefix, headsPrefix, parseNamedKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { type ObjectStore, pastPrefix, several } from '../storage/index.ts';
import { readHeadDocument } from './heads.ts';

/** Names of folders under heads/ after `after`, at most `limit`, in the order of their keys. */
export async function listHeadNames(
  store: ObjectStore,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ heads: string[]; last: string | null }> {
  const startAfter = after === undefined ? undefined : pastPrefix(headPrefix(after));
  const heads: string[] = [];
  let cursor: string | undefined;
  do {
    const rest = limit - heads.length;
    const page = await store.list({
      prefix: headsPrefix,
      delimiter: '/',
      limit: rest,
      ...(cursor === undefined ? { startAfter } : { cursor }),
    });
    heads.push(...page.prefixes!.flatMap((prefix) => parseNamedKey(prefix) ?? []));
    cursor = page.cursor;
  } while (cursor !== undefined && heads.length < limit);
  return { heads, last: cursor === undefined ? null : (heads.at(-1) ?? null) };
}

/**
 * Heads that are bound to a dataset. `unreadable` names those whose document is damaged, which may be bound to any.
 * Reads the document of every head that there is.
 */
export async function headsOf(
  store: ObjectStore,
  dataset: string,
): Promise<{ heads: HeadDocument[]; unreadable: string[] }> {
  const heads: HeadDocument[] = [];
  const unreadable: string[] = [];
  let after: string | undefined;
  do {
    const page = await listHeadNames(store, { after, limit: 1000 });
    await several(page.heads, async (head) => {
      try {
        const document = await readHeadDocument(store, head);
        if (document?.dataset === dataset) heads.push(document);
      } catch (error) {
        if (!(error instanceof HeadwaterError) || error.type !== 'head-refused') throw error;
        unreadable.push(head);
      }
    });
    after = page.last ?? undefined;
  } while (after !== undefined);
  heads.sort((a, b) => (a.head < b.head ? -1 : 1));
  return { heads, unreadable: unreadable.sort() };
}
