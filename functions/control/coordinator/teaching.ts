// What changes a dataset's examples: teaching one, deleting one, making the index anew. Called one after the
// other (`mutations`): each awaits storage between reading a row and changing it.

import {
  type DatasetPolicy,
  DatasetPolicySchema,
  type DatasetSummary,
  datasetKey,
  exampleKey,
  type TaughtCode,
  type TaughtExample,
  type TeachOutcome,
} from '../../../lib/contract/index.ts';
import { rebuildIndex, splitOf } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { toJson } from '../../../lib/tensors/index.ts';
import { requireNotEnding } from './ending-heads.ts';
import { erasedAtFact } from './journal.ts';
import type { Parts } from './parts.ts';
import { retryUpkeepMs } from './upkeep.ts';

const defaultHeldOutFraction = 0.2;

/** Keeps an example that lies in the bucket, with its codes; durable when it answers. */
export async function teach(
  parts: Parts,
  example: TaughtExample,
  codes: TaughtCode[],
): Promise<TeachOutcome> {
  const { dataset, index } = parts;
  requireNotEnding(parts);
  const policy = await requirePolicy(parts);
  const split = await splitOf(example, policy.heldOutFraction);
  const key = exampleKey(dataset, example.label, example.digest, example.extension);
  if (!(await parts.codes.reprieve(key))) return { created: false, movedFrom: null, gone: true };
  const before = index.find(example.digest);
  const movedFrom = before && before.label !== example.label ? before.label : null;
  parts.transaction(() => {
    if (movedFrom) index.doom(exampleKey(dataset, movedFrom, example.digest, before!.extension));
    index.put({ ...example, split });
    for (const code of codes) index.putPendingCode(example.digest, code);
  });
  await parts.alarms.schedule();
  return { created: !before, movedFrom };
}

/** @throws HeadwaterError `not-found` before the first example */
export function summary({ dataset, policy, index, journal }: Parts): DatasetSummary {
  if (!policy) throw noSuchDataset(dataset);
  const labels = index.labels();
  const examples = Object.values(labels).reduce((a, b) => a + b, 0);
  const ending = journal.ending('dataset', dataset);
  return {
    dataset,
    labels,
    examples,
    heldOut: index.heldOut(),
    ...(ending && { deleting: { deleted: ending.deleted } }),
  };
}

/** False if there is no such example under this label. */
export async function deleteExample(parts: Parts, label: string, digest: string): Promise<boolean> {
  const { dataset, index } = parts;
  const row = index.find(digest);
  if (row?.label !== label) return false;
  parts.transaction(() => {
    index.doom(exampleKey(dataset, label, digest, row.extension));
    parts.journal.setFact(erasedAtFact, String(Date.now()));
    index.remove(digest);
  });
  await parts.alarms.wakeAt(Date.now() + retryUpkeepMs);
  await parts.codes.sweep();
  return true;
}

/**
 * Codes that are pending are written first: the bucket has them then, and nothing is lost by forgetting.
 *
 * @throws HeadwaterError `not-found`: a dataset that is gone may still find an upload that was on its way
 */
export async function rebuild(parts: Parts): Promise<{ examples: number; codes: number }> {
  requireNotEnding(parts);
  const { dataset, index, codes, policy, store } = parts;
  if (!policy) throw noSuchDataset(dataset);
  await codes.flush();
  await codes.sweep();
  // A segment that is written between listing and registering would be forgotten.
  const found = await codes.alone(() =>
    rebuildIndex(store, dataset, index, (example) => splitOf(example, policy.heldOutFraction)),
  );
  await parts.alarms.schedule();
  return found;
}

const noSuchDataset = (dataset: string) =>
  new HeadwaterError('not-found', `There is no dataset "${dataset}". Upload an example to it.`);

/** The dataset's policy document, written when its first example comes. */
async function requirePolicy(parts: Parts): Promise<DatasetPolicy> {
  if (parts.policy) return parts.policy;
  const policy = DatasetPolicySchema.parse({
    format: 1,
    dataset: parts.dataset,
    heldOutFraction: defaultHeldOutFraction,
    created: new Date().toISOString(),
  });
  const bytes = toJson(policy);
  await parts.store.put(datasetKey(parts.dataset), bytes, {
    contentType: 'application/json',
    onlyIf: { absent: true },
  });
  parts.policy = policy;
  // A dataset of this name may have been deleted, and forgotten, before.
  parts.journal.setFact('dataset', parts.dataset);
  return policy;
}
