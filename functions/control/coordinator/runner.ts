// Carries out what the state machine asks for, and feeds what comes of it back as events. What a step needs it
// reads anew from journal and bucket, so a step can be begun again by another instance at any time.

import type { AdviseRequest, Job, TrainerLine, TrainRequest } from '../../../lib/contract/index.ts';
import { HeadwaterError, toErrorData } from '../../../lib/errors/index.ts';
import { advance, headOf, type JobEffect, type JobEvent, taskOf } from '../../../lib/jobs/index.ts';
import { requireHead } from '../../../lib/registry/index.ts';
import type { Signer } from '../../../lib/trust/index.ts';
import { keepAdvice } from './advising.ts';
import type { ChannelKeeper } from './channel-keeper.ts';
import { checkBlobs, commit } from './commit.ts';
import { type FillingDeps, fillCodes } from './filling.ts';
import { type FreezingDeps, freeze } from './freezing.ts';
import type { Journal } from './journal.ts';
import { createRecorder } from './records.ts';
import { keepBackbone, prepareSharing, shareRequestOf } from './sharing.ts';
import type { Trainer } from './trainer-client.ts';

export interface RunnerDeps extends FreezingDeps, FillingDeps {
  journal: Journal;
  channels: ChannelKeeper;
  /** Trains what fits into the control Worker. */
  here: Trainer;
  signer: Signer;
  /** Keeps the object alive while a step runs. */
  keepAlive(work: Promise<void>): void;
  /** Called whenever the jobs have changed. */
  changed(): void;
}

export type Runner = ReturnType<typeof createRunner>;

export function createRunner(deps: RunnerDeps) {
  const { dataset, store, index, journal, channels, trainer, here } = deps;
  const recorder = createRecorder(store, journal, dataset);
  /** Steps under way in this instance, by job. */
  const live = new Map<string, { epoch: number; abort: AbortController }>();

  /** Takes an event to the machine, stores what the jobs have become, and begins what is to be done. */
  function handle(event: JobEvent): void {
    const before = journal.activeJobs();
    const { jobs, effects } = advance(before, event, Date.now());
    // The machine answers a job that it leaves as it is as it was given.
    for (const job of jobs) if (!before.includes(job)) journal.saveJob(job);
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
      case 'advise':
        step(job, (signal) => follow(job, trainer.lines('/v1/advice', adviseRequestOf(job), signal), signal));
        break;
      case 'share':
        step(job, (signal) => share(job, signal));
        break;
      case 'commit':
        step(job, () => commitJob(job));
        break;
      case 'stop':
        live.get(effect.id)?.abort.abort();
        live.delete(effect.id);
        deps.keepAlive(
          trainerOf(job)
            .stop(effect.id, effect.epoch)
            .catch(() => {}),
        );
        break;
      case 'record':
        deps.keepAlive(recorder.record(job.id));
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
    if (taskOf(job) === 'share') return { type: 'prepared', ...at, ...(await prepareSharing(job, deps)) };
    if (job.head !== null && !job.expectation)
      handle({ type: 'expects', ...at, stable: (await channels.read(job.head))?.stable ?? null });
    if (index.uncoded(job.codeSpace).length > 0) return { type: 'codes-missing', ...at };
    if (taskOf(job) === 'reindex') {
      await deps.codes.flush(job.codeSpace);
      return { type: 'indexed', ...at };
    }
    return { type: 'prepared', ...at, ...(await freeze(journal.job(job.id) ?? job, deps)) };
  }

  const fill = (job: Job, signal: AbortSignal) => follow(job, fillCodes(job, deps, signal), signal);

  async function train(job: Job, signal: AbortSignal): Promise<JobEvent | null> {
    if (job.place === 'control') {
      handle({ type: 'begins-here', id: job.id, epoch: job.epoch });
      // It may have been begun too often.
      if (journal.job(job.id)?.status !== 'running') return null;
    }
    const head = await requireHead(store, headOf(job));
    const request: TrainRequest = {
      job: job.id,
      epoch: job.epoch,
      head: head.head,
      dataset,
      strategy: job.options.strategy,
      kind: head.kind,
      seed: job.seed,
      snapshot: job.snapshot!,
      codeSpace: job.codeSpace,
      codeSpaceDocument: job.codeSpaceDocument,
      backbone: job.backbone,
      options: job.options,
      start: job.start,
    };
    return follow(job, trainerOf(job).lines('/v1/jobs', request, signal), signal);
  }

  const share = async (job: Job, signal: AbortSignal) =>
    follow(job, trainer.lines('/v1/shares', await shareRequestOf(job, deps), signal), signal);

  const trainerOf = (job: Job): Trainer => (job.place === 'control' ? here : trainer);

  /** Hands every line to the machine; answers the last one, or null if the job was stopped. */
  async function follow(
    job: Job,
    lines: AsyncGenerator<TrainerLine>,
    signal: AbortSignal,
  ): Promise<JobEvent | null> {
    for await (const line of lines) {
      // What was on its way when the job was stopped.
      if (signal.aborted) return null;
      await keep(job, line);
      const event: JobEvent = { type: 'line', id: job.id, epoch: job.epoch, line };
      if (isLast(line)) return event;
      handle(event);
    }
    if (signal.aborted) return null;
    throw new Error('the trainer closed the connection before it was done');
  }

  /** What a last line is about has to lie in the bucket before the machine hears of it. */
  async function keep(job: Job, line: TrainerLine): Promise<void> {
    if (line.type === 'trained') await checkBlobs(store, headOf(job), line.result);
    if (line.type === 'advised' && taskOf(job) === 'advise') await keepAdvice(deps, job, line.advice);
    if (line.type === 'shared' && taskOf(job) === 'share') await keepBackbone(store, job, line.current);
  }

  async function commitJob(job: Job): Promise<JobEvent> {
    const head = await requireHead(store, headOf(job));
    const { version, held } = await commit(job.id, head, deps);
    return held
      ? { type: 'held', id: job.id, version, reason: held }
      : { type: 'committed', id: job.id, version };
  }

  /** Takes a job up: it begins at once, or when those before it have ended. */
  function request(job: Job): void {
    handle({ type: 'requested', job });
    deps.keepAlive(recorder.record(job.id));
  }

  return {
    request,
    handle,
    tick,
    busy: () => journal.activeJobs().some((job) => job.status === 'running'),
    recordLeftOvers: recorder.leftOvers,
  };
}

const isLast = ({ type }: TrainerLine) => ['filled', 'trained', 'advised', 'shared', 'failed'].includes(type);

const adviseRequestOf = ({ id, snapshot, ...job }: Job): AdviseRequest => ({
  ...{ job: id, epoch: job.epoch, dataset: job.dataset, snapshot: snapshot!, seed: job.seed },
  ...{ backbone: job.backbone, codeSpace: job.codeSpace, codeSpaceDocument: job.codeSpaceDocument },
  options: job.options,
});
