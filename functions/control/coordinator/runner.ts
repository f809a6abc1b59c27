// Carries out what the state machine asks for, and feeds what comes of it back as events. What a step needs it
// reads anew from journal and bucket, so a step can be begun again by another instance at any time.

import {
  type FillRequest,
  type Job,
  JobSchema,
  jobKey,
  parseTrainingId,
  snapshotKey,
  type TrainerLine,
  type TrainRequest,
} from '../../../lib/contract/index.ts';
import { buildSnapshot, type ExampleIndex, encodeSnapshot } from '../../../lib/datasets/index.ts';
import { HeadwaterError, toErrorData } from '../../../lib/errors/index.ts';
import { advance, type JobEffect, type JobEvent } from '../../../lib/jobs/index.ts';
import { requireHead } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { fromBase64 } from '../../../lib/tensors/index.ts';
import type { Signer } from '../../../lib/trust/index.ts';
import type { ChannelKeeper } from './channel-keeper.ts';
import { type CodeKeeper, segmentRows } from './code-keeper.ts';
import { checkBlob, commit } from './commit.ts';
import type { Journal } from './journal.ts';
import type { TrainerClient } from './trainer-client.ts';

export interface RunnerDeps {
  dataset: string;
  store: ObjectStore;
  index: ExampleIndex;
  journal: Journal;
  codes: CodeKeeper;
  channels: ChannelKeeper;
  trainer: TrainerClient;
  signer: Signer;
  /** Keeps the object alive while a step runs. */
  keepAlive(work: Promise<void>): void;
  /** Called whenever the jobs have changed. */
  changed(): void;
}

export type Runner = ReturnType<typeof createRunner>;

export function createRunner(deps: RunnerDeps) {
  const { dataset, store, index, journal, codes, channels, trainer } = deps;
  /** Steps under way in this instance, by job. */
  const live = new Map<string, { epoch: number; abort: AbortController }>();

  /** Takes an event to the machine, stores what the jobs have become, and begins what is to be done. */
  function handle(event: JobEvent): void {
    const { jobs, effects } = advance(journal.activeJobs(), event, Date.now());
    for (const job of jobs) journal.saveJob(job);
    for (const effect of effects) perform(effect);
    deps.changed();
  }

  /** Time has passed: steps that nobody carries any more are begun again. */
  const tick = () => handle({ type: 'tick', connected: new Set(live.keys()) });

  function perform(effect: JobEffect): void {
    const job = journal.job(effect.id)!;
    switch (effect.type) {
      case 'prepare':
        step(job, () => prepare(job));
        break;
      case 'fill':
        step(job, (signal) => fill(job, signal));
        break;
      case 'train':
        step(job, (signal) => train(job, signal));
        break;
      case 'commit':
        step(job, () => commitJob(job));
        break;
      case 'stop':
        live.get(effect.id)?.abort.abort();
        live.delete(effect.id);
        deps.keepAlive(trainer.stop(effect.id, effect.epoch).catch(() => {}));
        break;
      case 'record':
        deps.keepAlive(record(job));
        break;
    }
  }

  /** Runs one step of a job. A step that fails for a reason of its own ends the job; anything else is a lost
   *  connection, which the next tick mends. */
  function step(job: Job, work: (signal: AbortSignal) => Promise<JobEvent | null>): void {
    const mine = { epoch: job.epoch, abort: new AbortController() };
    live.set(job.id, mine);
    const done = (event: JobEvent | null) => {
      if (live.get(job.id) !== mine) return;
      live.delete(job.id);
      if (event) handle(event);
    };
    const failed = (error: unknown) => {
      const at = { id: job.id, epoch: job.epoch };
      if (error instanceof HeadwaterError && error.type !== 'storage-unavailable') {
        const type = job.phase === 'committing' ? 'commit-refused' : 'refused';
        return done({ type, ...at, error: toErrorData(error) });
      }
      console.warn(`job ${job.id}: a step broke off and will be taken up again:`, String(error));
      done({ type: 'connection-lost', ...at });
    };
    deps.keepAlive(work(mine.abort.signal).then(done, failed));
  }

  /** Gathers the codes; freezes the snapshot once all are there. */
  async function prepare(job: Job): Promise<JobEvent> {
    const at = { id: job.id, epoch: job.epoch };
    if (!job.expectation)
      handle({ type: 'expects', ...at, stable: (await channels.read(job.head))?.stable ?? null });
    if (index.uncoded(job.codeSpace).length > 0) return { type: 'codes-missing', ...at };
    await codes.flush(job.codeSpace);
    const examples = index.examples();
    const snapshot = buildSnapshot(
      dataset,
      job.codeSpace,
      examples,
      index.places(job.codeSpace),
      index.segments(job.codeSpace),
    );
    const { bytes, digest } = await encodeSnapshot(snapshot);
    await store.put(snapshotKey(dataset, digest), bytes, { contentType: 'application/json' });
    return { type: 'prepared', ...at, snapshot: digest };
  }

  /** Has the trainer make the missing codes, and keeps each batch as it arrives. */
  async function fill(job: Job, signal: AbortSignal): Promise<JobEvent | null> {
    const examples = index
      .uncoded(job.codeSpace)
      .map(({ digest, label, extension }) => ({ digest, label, extension }));
    const request: FillRequest = {
      job: job.id,
      epoch: job.epoch,
      pass: job.fills,
      dataset,
      backbone: job.backbone,
      codeSpace: job.codeSpace,
      codeSpaceDocument: job.codeSpaceDocument,
      examples,
    };
    /** Whether an image still is where the trainer looked for it; one that was moved is asked for again. */
    const stands = (digest: string) => {
      const row = index.find(digest);
      const asked = examples.find((example) => example.digest === digest);
      return row?.label === asked?.label && row?.extension === asked?.extension;
    };
    for await (const line of trainer.lines('/v1/fills', request, signal)) {
      // What was on its way when the job was stopped.
      if (signal.aborted) return null;
      if (line.type === 'codes') keepCodes(job.codeSpace, line);
      if (line.type === 'skipped' && stands(line.digest))
        index.markUnreadable(job.codeSpace, line.digest, line.error.detail);
      if (isLast(line)) return { type: 'line', id: job.id, epoch: job.epoch, line };
      handle({ type: 'line', id: job.id, epoch: job.epoch, line });
      if (line.type !== 'codes') continue;
      const pending = index.pendingSpaces().find(({ space }) => space === job.codeSpace);
      if ((pending?.n ?? 0) >= segmentRows) await codes.flush(job.codeSpace);
    }
    throw new Error('the trainer closed the connection before it was done');
  }

  function keepCodes(codeSpace: string, line: Extract<TrainerLine, { type: 'codes' }>): void {
    const bytes = fromBase64(line.codes);
    const rowBytes = 2 * line.dims;
    if (bytes.length !== rowBytes * line.digests.length)
      throw new HeadwaterError(
        'trainer-failed',
        'The trainer sent codes whose length does not fit their number.',
      );
    for (const [row, digest] of line.digests.entries())
      if (index.find(digest)) {
        const code = bytes.slice(row * rowBytes, (row + 1) * rowBytes);
        index.putPendingCode(digest, { codeSpace, dims: line.dims, code });
      }
  }

  async function train(job: Job, signal: AbortSignal): Promise<JobEvent | null> {
    const head = await requireHead(store, job.head);
    const request: TrainRequest = {
      job: job.id,
      epoch: job.epoch,
      head: job.head,
      dataset,
      strategy: head.strategy,
      kind: head.kind,
      seed: job.seed,
      snapshot: job.snapshot!,
      codeSpace: job.codeSpace,
      backboneDigest: job.backbone.digest,
      options: job.options,
      start: job.start,
    };
    for await (const line of trainer.lines('/v1/jobs', request, signal)) {
      if (signal.aborted) return null;
      if (line.type === 'trained') await checkBlob(store, job.head, line.result.blob);
      if (isLast(line)) return { type: 'line', id: job.id, epoch: job.epoch, line };
      handle({ type: 'line', id: job.id, epoch: job.epoch, line });
    }
    throw new Error('the trainer closed the connection before it was done');
  }

  async function commitJob(job: Job): Promise<JobEvent> {
    const head = await requireHead(store, job.head);
    const { version, held } = await commit(job.id, head, deps);
    return held
      ? { type: 'held', id: job.id, version, reason: held }
      : { type: 'committed', id: job.id, version };
  }

  /** Stores what a job has been; tried again by the next alarm until it works. */
  async function record(job: Job): Promise<void> {
    try {
      const bytes = new TextEncoder().encode(JSON.stringify(JobSchema.parse(job)));
      await store.put(jobKey(dataset, parseTrainingId(job.id).ulid), bytes, {
        contentType: 'application/json',
      });
      journal.markRecorded(job.id);
    } catch (error) {
      console.warn(`job ${job.id}: its record could not be written yet:`, String(error));
    }
  }

  return {
    handle,
    tick,
    busy: () => journal.activeJobs().some((job) => job.status === 'running'),
    recordLeftOvers: () => Promise.all(journal.unrecordedJobs().map(record)),
  };
}

const isLast = (line: TrainerLine) => ['filled', 'trained', 'failed'].includes(line.type);
