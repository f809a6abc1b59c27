// Pages of what the bucket holds: heads, datasets, trainings. Each is a walk over keys in their order, so that a
// full walk meets everything that was there throughout exactly once, whatever is added meanwhile. A document that
// cannot be read is a row that says so.

import {
  allJobsPrefix,
  DatasetPolicySchema,
  type DatasetsPage,
  datasetCursor,
  datasetKey,
  datasetsPrefix,
  type HeadsPage,
  headCursor,
  jobsPrefix,
  parseNamedKey,
} from '../../lib/contract/index.ts';
import { type ErrorData, HeadwaterError, toErrorData } from '../../lib/errors/index.ts';
import { listHeadNames, readChannels, readHeadDocument } from '../../lib/registry/index.ts';
import { type ObjectStore, pastPrefix, several } from '../../lib/storage/index.ts';
import { fromJson } from '../../lib/tensors/index.ts';
import type { Services } from './services.ts';

/** Heads in the order of their keys: by name, as UTF-8 bytes. Two reads for each. */
export async function headsPage(
  { store, verifier }: Pick<Services, 'store' | 'verifier'>,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<HeadsPage> {
  const page = await listHeadNames(store, { after: cursor, limit });
  const rows = await several(page.heads, async (head) => {
    const row = await orError(async () => {
      const document = await readHeadDocument(store, head);
      const { channels } = (document && (await readChannels(store, head, verifier))) ?? {};
      return document && { ...document, stable: channels?.stable ?? null };
    });
    if (row && 'error' in row) return { head, error: row.error };
    if (!row) return null;
    const { dataset, strategy, kind, backbone, created, stable } = row;
    return { head, dataset, strategy, kind, backbone, created, stable };
  });
  const heads = rows.filter((row) => row !== null);
  return { heads, ...(page.last !== null && { cursor: headCursor.encode(page.last) }) };
}

/** Datasets in the order of their keys. */
export async function datasetsPage(
  { store }: Pick<Services, 'store'>,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<DatasetsPage> {
  const names: string[] = [];
  let at: { startAfter?: string; cursor?: string } =
    cursor === undefined ? {} : { startAfter: datasetKey(cursor) };
  do {
    const page = await store.list({ prefix: datasetsPrefix, limit: limit - names.length, ...at });
    names.push(...page.objects.flatMap(({ key }) => parseNamedKey(key) ?? []));
    at = page.cursor === undefined ? {} : { cursor: page.cursor };
  } while (at.cursor !== undefined && names.length < limit);
  const rows = await several(names, async (dataset) => {
    const object = await store.get(datasetKey(dataset));
    if (!object) return null;
    const row = await orError(async () => policyIn(object.body));
    if ('error' in row) return { dataset, error: row.error };
    return { dataset, heldOutFraction: row.heldOutFraction, created: row.created };
  });
  const datasets = rows.filter((row) => row !== null);
  return { datasets, ...(at.cursor !== undefined && { cursor: datasetCursor.encode(names.at(-1)!) }) };
}

function policyIn(body: Uint8Array) {
  try {
    return DatasetPolicySchema.parse(fromJson(body));
  } catch (cause) {
    throw new HeadwaterError('invalid-file', 'What is stored as this dataset is no dataset.', {}, { cause });
  }
}

/** Datasets that have had trainings, from `from` on. */
export async function* datasetsWithTrainings(store: ObjectStore, from?: string): AsyncGenerator<string> {
  if (from !== undefined) yield from;
  const startAfter = from === undefined ? undefined : pastPrefix(jobsPrefix(from));
  let cursor: string | undefined;
  do {
    const page = await store.list({
      prefix: allJobsPrefix,
      delimiter: '/',
      ...(cursor === undefined ? { startAfter } : { cursor }),
    });
    for (const prefix of page.prefixes!) {
      const name = parseNamedKey(prefix);
      if (name !== undefined) yield name;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** What `work` gives, or its error as data. That storage is down is no row's fault. */
export async function orError<T>(work: () => Promise<T>): Promise<T | { error: ErrorData }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HeadwaterError) || error.type === 'storage-unavailable') throw error;
    return { error: toErrorData(error) };
  }
}
