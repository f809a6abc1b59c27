// Freezing a dataset for a training: the snapshot, and what is decided with it (where the training begins, and where
// it runs), so that whoever takes the job up again does the same.

import { blobKey, type Job, type Manifest, snapshotKey } from '../../../lib/contract/index.ts';
import { buildSnapshot, type ExampleIndex, encodeSnapshot } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { headOf, type Prepared, taskOf } from '../../../lib/jobs/index.ts';
import { readManifest, requireHead } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import type { Verifier } from '../../../lib/trust/index.ts';
import type { CodeKeeper } from './code-keeper.ts';
import { erasedAtFact, type Journal } from './journal.ts';
import { fitsControl } from './local-bounds.ts';
import { warmStart } from './warm-start.ts';

export interface FreezingDeps {
  dataset: string;
  store: ObjectStore;
  index: ExampleIndex;
  codes: CodeKeeper;
  verifier: Verifier;
  journal: Pick<Journal, 'fact'>;
  /** Whether a training that fits is to run here rather than in the trainer. */
  mayTrainHere(): boolean;
}

/** Writes the snapshot of a job whose codes are all there. */
export async function freeze(job: Job, deps: FreezingDeps): Promise<Prepared> {
  const { store, index, codes, dataset, mayTrainHere } = deps;
  await codes.flush(job.codeSpace);
  // Nobody reads segments now. Where one training follows the other, codes of erased images would stay for good.
  await codes.erase();
  // Nothing may move codes between reading where they lie and citing it.
  const { snapshot, digest } = await codes.alone(async () => {
    const snapshot = buildSnapshot(
      dataset,
      job.codeSpace,
      index.examples(),
      index.places(job.codeSpace),
      index.segments(job.codeSpace),
    );
    const { bytes, digest } = await encodeSnapshot(snapshot);
    index.cite(
      digest,
      job.codeSpace,
      snapshot.segments.map(({ ulid }) => ulid),
    );
    await store.put(snapshotKey(dataset, digest), bytes, { contentType: 'application/json' });
    return { snapshot, digest };
  });
  const labels = [...new Set(snapshot.examples.map(({ label }) => label))].sort();
  const size = {
    examples: snapshot.examples.length,
    dims: index.dimsOf(job.codeSpace) ?? 0,
    labels: labels.length,
  };
  const isLinear = taskOf(job) === 'train' && job.options.strategy === 'linear';
  const place = isLinear && fitsControl(size) && mayTrainHere() ? 'control' : 'trainer';
  return { snapshot: digest, start: await startOf(job, labels, size.examples, deps), place };
}

async function startOf(
  job: Job,
  labels: string[],
  examples: number,
  { store, verifier, journal }: FreezingDeps,
): Promise<Job['start']> {
  const stable = job.expectation?.stable;
  if (!stable || !job.options.warmStart || job.options.strength !== null) return null;
  const name = headOf(job);
  const { kind } = await requireHead(store, name);
  const { codeSpace, options } = job;
  const erasedAt = Number(journal.fact(erasedAtFact) ?? 0);
  const beginning = { kind, codeSpace, labels, examples, options, erasedAt };
  const start = warmStart(beginning, await readable(name, stable));
  return start && (await store.head(blobKey(name, start.blob))) ? start : null;

  /** A version that cannot be read is no reason not to train: from zero, then. */
  async function readable(head: string, version: number): Promise<Manifest | null> {
    try {
      return await readManifest(store, head, version, verifier);
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.type === 'storage-unavailable') throw error;
      return null;
    }
  }
}
