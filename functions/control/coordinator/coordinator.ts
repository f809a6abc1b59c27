// The coordinator: the Durable Object that owns a dataset. It keeps the example index, runs the dataset's jobs
// one after the other, and commits every version and channel of its heads. Its methods parse nothing and
// decide little: index, machine, keepers and runner stand in the files beside it.

import { DurableObject, type DurableObjectStateLike } from 'cloudflare:workers';
import {
  type ChannelsData,
  type DatasetPolicy,
  DatasetPolicySchema,
  type DatasetSummary,
  datasetKey,
  type ExampleRow,
  exampleKey,
  type HeadTarget,
  type Result,
  result,
  type TaughtCode,
  type TaughtExample,
  type TeachOutcome,
  type TrainingData,
  type TrainingRequestData,
} from '../../../lib/contract/index.ts';
import { createExampleIndex, type ExampleIndex, rebuildIndex, splitOf } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { type ObjectStore, r2Store } from '../../../lib/storage/index.ts';
import {
  importSigner,
  importVerifier,
  parseKeys,
  publicKeysOf,
  type SigningKeys,
} from '../../../lib/trust/index.ts';
import type { Env } from '../env.ts';
import { createChannelKeeper } from './channel-keeper.ts';
import { type CodeKeeper, createCodeKeeper } from './code-keeper.ts';
import { type GoingLive, promoteVersion, rollBackVersion } from './going-live.ts';
import { createJournal, type Journal } from './journal.ts';
import { createRunner, type Runner } from './runner.ts';
import { serially } from './serially.ts';
import { createTrainerClient } from './trainer-client.ts';
import { beginTraining, describeTraining } from './trainings.ts';
import { nextWake, retryUpkeepMs, runUpkeep } from './upkeep.ts';

const defaultHeldOutFraction = 0.2;

/** What exists once the object knows which dataset it is. */
interface Parts extends GoingLive {
  dataset: string;
  policy: DatasetPolicy | null;
  codes: CodeKeeper;
  runner: Runner;
}

export class DatasetCoordinator extends DurableObject<Env> {
  #store: ObjectStore;
  #index: ExampleIndex;
  #journal: Journal;
  #parts: Promise<Parts> | undefined;
  #mutations = serially();
  #alarms = serially();
  /** Upkeep has failed and rests until then. */
  #upkeepFrom = 0;

  constructor(ctx: DurableObjectStateLike, env: Env) {
    super(ctx, env);
    this.#store = r2Store(env.BUCKET);
    this.#index = createExampleIndex(ctx.storage.sql);
    this.#journal = createJournal(ctx.storage.sql);
  }

  teach(dataset: string, example: TaughtExample, codes: TaughtCode[]): Promise<Result<TeachOutcome>> {
    return this.#answer(dataset, (parts) => this.#mutations(() => this.#teach(parts, example, codes)));
  }

  summary(dataset: string): Promise<Result<DatasetSummary>> {
    return this.#answer(dataset, async ({ policy }) => {
      if (!policy)
        throw new HeadwaterError('not-found', `There is no dataset "${dataset}". Upload an example to it.`);
      const labels = this.#index.labels();
      const examples = Object.values(labels).reduce((a, b) => a + b, 0);
      return { dataset, labels, examples, heldOut: this.#index.heldOut() };
    });
  }

  example(dataset: string, digest: string): Promise<Result<ExampleRow | null>> {
    return this.#answer(dataset, async () => this.#index.find(digest));
  }

  deleteExample(dataset: string, label: string, digest: string): Promise<Result<boolean>> {
    return this.#answer(dataset, ({ codes }) =>
      this.#mutations(async () => {
        const row = this.#index.find(digest);
        if (row?.label !== label) return false;
        this.ctx.storage.transactionSync(() => {
          this.#index.doom(exampleKey(dataset, label, digest, row.extension));
          this.#index.remove(digest);
        });
        await this.#wakeAt(Date.now() + retryUpkeepMs);
        await codes.sweep();
        return true;
      }),
    );
  }

  rebuild(dataset: string): Promise<Result<{ examples: number; codes: number }>> {
    return this.#answer(dataset, (parts) => this.#mutations(() => this.#rebuild(parts)));
  }

  train(
    dataset: string,
    head: string,
    request: TrainingRequestData,
    target: HeadTarget,
  ): Promise<Result<TrainingData>> {
    return this.#answer(dataset, async ({ runner }) => {
      const job = await beginTraining(head, request, target, this.#index.labels(), this.#store);
      runner.handle({ type: 'requested', job });
      return this.#training(dataset, job.id);
    });
  }

  training(dataset: string, id: string): Promise<Result<TrainingData>> {
    return this.#answer(dataset, () => this.#training(dataset, id));
  }

  cancel(dataset: string, id: string): Promise<Result<TrainingData>> {
    return this.#answer(dataset, async ({ runner }) => {
      runner.handle({ type: 'cancel', id });
      return this.#training(dataset, id);
    });
  }

  promote(dataset: string, head: string, version: number): Promise<Result<ChannelsData>> {
    return this.#answer(dataset, (parts) => promoteVersion(parts, head, version));
  }

  rollback(
    dataset: string,
    head: string,
    version: number | null,
    reason: string,
  ): Promise<Result<ChannelsData>> {
    return this.#answer(dataset, (parts) => rollBackVersion(parts, head, version, reason));
  }

  sequence(dataset: string, head: string): Promise<Result<number>> {
    return this.#answer(dataset, async () => this.#journal.sequence(head));
  }

  /** Upkeep, and a tick for the jobs. Fails into a later alarm, never into silence. */
  override async alarm(): Promise<void> {
    const dataset = this.#journal.fact('dataset');
    if (!dataset) return;
    try {
      const { runner, codes } = await this.#open(dataset);
      runner.tick();
      const now = Date.now();
      if (now >= this.#upkeepFrom) {
        const deps = { index: this.#index, codes, runner };
        const [failure] = await runUpkeep(deps, this.#pendingSince(), now);
        if (failure) this.#rest(dataset, failure);
      }
    } catch (error) {
      // The platform gives an alarm that throws up after a few tries.
      this.#rest(dataset, error);
      await this.#wakeAt(this.#upkeepFrom);
    }
    await this.#schedule();
  }

  #rest(dataset: string, error: unknown): void {
    console.warn(`dataset ${dataset}: upkeep failed and will be tried again:`, String(error));
    this.#upkeepFrom = Date.now() + retryUpkeepMs;
  }

  async #teach(parts: Parts, example: TaughtExample, codes: TaughtCode[]): Promise<TeachOutcome> {
    const { dataset } = parts;
    const policy = await this.#requirePolicy(parts);
    const split = await splitOf(example, policy.heldOutFraction);
    const key = exampleKey(dataset, example.label, example.digest, example.extension);
    if (!(await parts.codes.reprieve(key))) return { created: false, movedFrom: null, gone: true };
    const before = this.#index.find(example.digest);
    const movedFrom = before && before.label !== example.label ? before.label : null;
    this.ctx.storage.transactionSync(() => {
      if (movedFrom) this.#index.doom(exampleKey(dataset, movedFrom, example.digest, before!.extension));
      this.#index.put({ ...example, split });
      for (const code of codes) this.#index.putPendingCode(example.digest, code);
    });
    await this.#schedule();
    return { created: !before, movedFrom };
  }

  /** Codes that are pending are written first: the bucket has them then, and nothing is lost by forgetting. */
  async #rebuild({ dataset, codes, policy }: Parts): Promise<{ examples: number; codes: number }> {
    await codes.flush();
    await codes.sweep();
    const fraction = policy?.heldOutFraction ?? defaultHeldOutFraction;
    // A segment that is written between listing and registering would be forgotten.
    const found = await codes.alone(() =>
      rebuildIndex(this.#store, dataset, this.#index, (example) => splitOf(example, fraction)),
    );
    await this.#schedule();
    return found;
  }

  #training(dataset: string, id: string): Promise<TrainingData> {
    return describeTraining(dataset, id, this.#journal, this.#store);
  }

  /** The dataset's policy document, written when its first example comes. */
  async #requirePolicy(parts: Parts): Promise<DatasetPolicy> {
    if (parts.policy) return parts.policy;
    const policy = DatasetPolicySchema.parse({
      format: 1,
      dataset: parts.dataset,
      heldOutFraction: defaultHeldOutFraction,
      created: new Date().toISOString(),
    });
    const bytes = new TextEncoder().encode(JSON.stringify(policy));
    await this.#store.put(datasetKey(parts.dataset), bytes, {
      contentType: 'application/json',
      onlyIf: { absent: true },
    });
    parts.policy = policy;
    return policy;
  }

  #answer<T>(dataset: string, work: (parts: Parts) => Promise<T>): Promise<Result<T>> {
    return result(
      async () => work(await this.#open(dataset)),
      (error) => console.error(`dataset ${dataset}:`, error),
    );
  }

  #open(dataset: string): Promise<Parts> {
    this.#parts ??= this.#assemble(dataset).catch((error) => {
      this.#parts = undefined;
      throw error;
    });
    return this.#parts;
  }

  async #assemble(dataset: string): Promise<Parts> {
    const keys = parseKeys<SigningKeys>(this.env.HEADWATER_SIGNING_KEYS, 'HEADWATER_SIGNING_KEYS');
    const signer = await importSigner(keys.artefacts);
    const verifier = await importVerifier(publicKeysOf(keys).artefacts);
    const object = await this.#store.get(datasetKey(dataset));
    const policy = object && DatasetPolicySchema.parse(JSON.parse(new TextDecoder().decode(object.body)));
    const codes = createCodeKeeper(this.#store, this.#index, dataset);
    const channels = createChannelKeeper(this.#store, this.#journal, signer, verifier);
    const runner = createRunner({
      dataset,
      store: this.#store,
      index: this.#index,
      journal: this.#journal,
      codes,
      channels,
      signer,
      trainer: createTrainerClient(this.env.TRAINER_URL, await importSigner(keys.requests)),
      keepAlive: (work) => this.ctx.waitUntil(work),
      changed: () => this.ctx.waitUntil(this.#schedule()),
    });
    const parts = { dataset, policy, codes, channels, runner, store: this.#store, verifier };
    // An object without a memory, of a dataset that the bucket knows: the index is made anew from the bucket.
    if (!this.#journal.fact('dataset')) {
      if (policy) await this.#rebuild(parts);
      this.#journal.setFact('dataset', dataset);
    }
    // A crash may have come between a job or a code and its alarm.
    await this.#schedule();
    return parts;
  }

  #pendingSince = () => Number(this.#journal.fact('pending-since') ?? 0);

  /** Sets the alarm for whatever is due first. */
  async #schedule(): Promise<void> {
    const now = Date.now();
    const pending = this.#index.pendingSpaces().length > 0;
    if (pending !== this.#pendingSince() > 0)
      this.#journal.setFact('pending-since', pending ? `${now}` : '0');
    const parts = { index: this.#index, journal: this.#journal };
    const at = nextWake(parts, this.#pendingSince(), this.#upkeepFrom, now);
    if (at !== null) await this.#wakeAt(at);
  }

  /** One after the other: of two that read the alarm at once, the later time could be set last. */
  #wakeAt(at: number): Promise<void> {
    return this.#alarms(async () => {
      const set = await this.ctx.storage.getAlarm();
      if (set === null || set > at) await this.ctx.storage.setAlarm(at);
    });
  }
}
