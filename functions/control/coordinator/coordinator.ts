// The coordinator: the Durable Object that owns a dataset. It keeps the example index, runs the dataset's jobs
// one after the other, and commits every version and channel of its heads. Its methods parse nothing and
// decide nothing: each calls one function of the files beside it with the coordinator's parts.

import { DurableObject, type DurableObjectStateLike } from 'cloudflare:workers';
import {
  type AdviceData,
  type ChannelsData,
  type DatasetEnd,
  type DatasetSummary,
  type ErasedData,
  type ExampleRow,
  type ExamplesQueryData,
  type GarbageData,
  type GarbageRequestData,
  type HeadTarget,
  type Result,
  result,
  type Share,
  type TaughtCode,
  type TaughtExample,
  type TeachOutcome,
  type TrainingData,
  type TrainingRequestData,
} from '../../../lib/contract/index.ts';
import type { Env } from '../env.ts';
import { readAdvice, requestAdvice } from './advising.ts';
import { deleteDataset } from './ending-datasets.ts';
import { deleteHead, deleteVersion } from './ending-heads.ts';
import { eraseSubject } from './erasing.ts';
import { collectGarbage } from './garbage.ts';
import { promoteVersion, rollBackVersion } from './going-live.ts';
import { assembleParts, type Ground, layGround, type Parts } from './parts.ts';
import { requestReindexing } from './reindexing.ts';
import { requestSharing } from './sharing.ts';
import { deleteExample, rebuild, summary, teach } from './teaching.ts';
import { cancelTraining, describeTraining, requestTraining } from './trainings.ts';

export class DatasetCoordinator extends DurableObject<Env> {
  #ground: Ground;
  #parts: Promise<Parts> | undefined;

  constructor(ctx: DurableObjectStateLike, env: Env) {
    super(ctx, env);
    this.#ground = layGround(ctx, env);
  }

  teach(dataset: string, example: TaughtExample, codes: TaughtCode[]): Promise<Result<TeachOutcome>> {
    return this.#change(dataset, (parts) => teach(parts, example, codes));
  }
  summary(dataset: string): Promise<Result<DatasetSummary>> {
    return this.#answer(dataset, async (parts) => summary(parts));
  }
  example(dataset: string, digest: string): Promise<Result<ExampleRow | null>> {
    return this.#answer(dataset, async ({ index }) => index.find(digest));
  }
  deleteExample(dataset: string, label: string, digest: string): Promise<Result<boolean>> {
    return this.#change(dataset, (parts) => deleteExample(parts, label, digest));
  }
  rebuild(dataset: string): Promise<Result<{ examples: number; codes: number }>> {
    return this.#change(dataset, rebuild);
  }

  train(
    dataset: string,
    head: string,
    request: TrainingRequestData,
    target: HeadTarget,
    claim?: string,
  ): Promise<Result<TrainingData>> {
    return this.#answer(dataset, (parts) => requestTraining(parts, head, request, target, claim));
  }
  reindex(dataset: string, target: HeadTarget, claim?: string): Promise<Result<TrainingData>> {
    return this.#answer(dataset, (parts) => requestReindexing(parts, target, claim));
  }
  advise(dataset: string, target: HeadTarget, claim?: string): Promise<Result<TrainingData>> {
    return this.#answer(dataset, (parts) => requestAdvice(parts, target, claim));
  }
  advice(dataset: string, backbone: string): Promise<Result<AdviceData>> {
    return this.#answer(dataset, (parts) => readAdvice(parts, backbone));
  }
  share(dataset: string, request: Share, claim?: string): Promise<Result<TrainingData>> {
    return this.#answer(dataset, (parts) => requestSharing(parts, request, claim));
  }
  training(dataset: string, id: string): Promise<Result<TrainingData>> {
    return this.#answer(dataset, (parts) => describeTraining(parts, id));
  }
  cancel(dataset: string, id: string): Promise<Result<TrainingData>> {
    return this.#answer(dataset, (parts) => cancelTraining(parts, id));
  }

  promote(dataset: string, head: string, version: number, claim?: string): Promise<Result<ChannelsData>> {
    return this.#answer(dataset, (parts) => promoteVersion(parts, head, version, claim));
  }
  rollback(
    dataset: string,
    head: string,
    version: number | null,
    reason: string,
    claim?: string,
  ): Promise<Result<ChannelsData>> {
    return this.#answer(dataset, (parts) => rollBackVersion(parts, head, version, reason, claim));
  }
  sequence(dataset: string, head: string): Promise<Result<number>> {
    return this.#answer(dataset, async ({ journal }) => journal.sequence(head));
  }

  examples(dataset: string, query: ExamplesQueryData) {
    return this.#answer(dataset, async ({ index }) => {
      const rows = index.page({ ...query, after: query.cursor, limit: query.limit + 1 });
      return { rows: rows.slice(0, query.limit), more: rows.length > query.limit };
    });
  }
  eraseSubject(dataset: string, subject: string): Promise<Result<ErasedData>> {
    return this.#change(dataset, (parts) => eraseSubject(parts, subject));
  }
  deleteHead(dataset: string, head: string): Promise<Result<null>> {
    return this.#answer(dataset, (parts) => deleteHead(parts, head));
  }
  deleteVersion(dataset: string, head: string, version: number): Promise<Result<null>> {
    return this.#answer(dataset, (parts) => deleteVersion(parts, head, version));
  }
  deleteDataset(dataset: string): Promise<Result<DatasetEnd>> {
    return this.#answer(dataset, deleteDataset);
  }
  collectGarbage(
    dataset: string,
    request: GarbageRequestData,
    keepSpaces: string[],
  ): Promise<Result<GarbageData>> {
    return this.#answer(dataset, (parts) => collectGarbage(parts, request, keepSpaces));
  }

  override async alarm(): Promise<void> {
    const dataset = this.#ground.journal.fact('dataset');
    if (dataset) await this.#ground.alarms.ring(dataset, () => this.#open(dataset));
  }

  /** Like `#answer`, for what changes examples: one after the other. */
  #change<T>(dataset: string, work: (parts: Parts) => Promise<T>): Promise<Result<T>> {
    return this.#answer(dataset, (parts) => parts.mutations(() => work(parts)));
  }

  #answer<T>(dataset: string, work: (parts: Parts) => Promise<T>): Promise<Result<T>> {
    return result(
      async () => work(await this.#open(dataset)),
      (error) => console.error(`dataset ${dataset}:`, error),
    );
  }

  #open(dataset: string): Promise<Parts> {
    this.#parts ??= assembleParts(dataset, this.#ground, this.env).catch((error) => {
      this.#parts = undefined;
      throw error;
    });
    return this.#parts;
  }
}
