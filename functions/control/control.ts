// The control Worker: reached by service binding only. It finds the coordinator of a dataset and passes the
// call on; a head's dataset stands in its head.json.

import { WorkerEntrypoint } from 'cloudflare:workers';
import {
  type Claim,
  type ClaimEnd,
  type ControlRpc,
  type ExamplesQueryData,
  type GarbageRequestData,
  type HeadTarget,
  type KeyMaker,
  type KeyRequestData,
  parseTrainingId,
  type Result,
  result,
  type Share,
  type TaughtCode,
  type TaughtExample,
  type TokenRequestData,
  type TrainingRequestData,
  unwrap,
} from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { requireHead } from '../../lib/registry/index.ts';
import { type ObjectStore, r2Store } from '../../lib/storage/index.ts';
import type { DatasetCoordinator } from './coordinator/coordinator.ts';
import { tooFewLabels } from './coordinator/trainings.ts';
import type { Env } from './env.ts';
import type { KeyVault } from './keys/key-vault.ts';
import { isKnownDataset } from './known-datasets.ts';

export { DatasetCoordinator } from './coordinator/coordinator.ts';
export { KeyVault } from './keys/key-vault.ts';

export default class Control extends WorkerEntrypoint<Env> implements ControlRpc {
  override fetch(): Response {
    return new Response('This Worker is reached by service binding only.\n', { status: 404 });
  }

  teach(dataset: string, example: TaughtExample, codes: TaughtCode[]) {
    return this.#of(dataset).teach(dataset, example, codes);
  }
  dataset(dataset: string) {
    return this.#ofKnown(dataset, (it) => it.summary(dataset));
  }
  example(dataset: string, digest: string) {
    return this.#answer(async () =>
      (await isKnownDataset(this.#store, dataset))
        ? unwrap(await this.#of(dataset).example(dataset, digest))
        : null,
    );
  }
  deleteExample(dataset: string, label: string, digest: string) {
    return this.#ofKnown(dataset, (it) => it.deleteExample(dataset, label, digest));
  }
  rebuild(dataset: string) {
    return this.#ofKnown(dataset, (it) => it.rebuild(dataset));
  }
  train(head: string, request: TrainingRequestData, target: HeadTarget, claim?: string) {
    const { dataset } = request;
    return this.#answer(async () => {
      if (!(await isKnownDataset(this.#store, dataset))) throw tooFewLabels(dataset, []);
      return unwrap(await this.#of(dataset).train(dataset, head, request, target, claim));
    });
  }
  reindex(dataset: string, target: HeadTarget, claim?: string) {
    return this.#ofKnown(dataset, (it) => it.reindex(dataset, target, claim));
  }
  advise(dataset: string, target: HeadTarget, claim?: string) {
    return this.#ofKnown(dataset, (it) => it.advise(dataset, target, claim));
  }
  advice(dataset: string, backbone: string) {
    return this.#ofKnown(dataset, (it) => it.advice(dataset, backbone));
  }
  share(request: Share, claim?: string) {
    return this.#ofHead(request.head, (it, dataset) => it.share(dataset, request, claim));
  }
  training(id: string) {
    return this.#ofTraining(id, (it, dataset) => it.training(dataset, id));
  }
  cancel(id: string) {
    return this.#ofTraining(id, (it, dataset) => it.cancel(dataset, id));
  }
  promote(head: string, version: number, claim?: string) {
    return this.#ofHead(head, (it, dataset) => it.promote(dataset, head, version, claim));
  }
  rollback(head: string, version: number | null, reason: string, claim?: string) {
    return this.#ofHead(head, (it, dataset) => it.rollback(dataset, head, version, reason, claim));
  }
  sequence(dataset: string, head: string) {
    return this.#of(dataset).sequence(dataset, head);
  }

  examples(dataset: string, query: ExamplesQueryData) {
    return this.#ofKnown(dataset, (it) => it.examples(dataset, query));
  }
  eraseSubject(dataset: string, subject: string) {
    return this.#ofKnown(dataset, (it) => it.eraseSubject(dataset, subject));
  }
  deleteHead(head: string) {
    return this.#ofHead(head, (it, dataset) => it.deleteHead(dataset, head));
  }
  deleteVersion(head: string, version: number) {
    return this.#ofHead(head, (it, dataset) => it.deleteVersion(dataset, head, version));
  }
  deleteDataset(dataset: string) {
    return this.#ofKnown(dataset, (it) => it.deleteDataset(dataset));
  }
  collectGarbage(dataset: string, request: GarbageRequestData, keepSpaces: string[]) {
    return this.#ofKnown(dataset, (it) => it.collectGarbage(dataset, request, keepSpaces));
  }

  keyRing(known: string | null) {
    return this.#keys.keyRing(known);
  }
  createKey(request: KeyRequestData, maker: KeyMaker, claim: Claim | null) {
    return this.#keys.createKey(request, maker, claim);
  }
  listKeys(after: string | null, limit: number) {
    return this.#keys.listKeys(after, limit);
  }
  keyRecord(id: string) {
    return this.#keys.keyRecord(id);
  }
  revokeKey(id: string) {
    return this.#keys.revokeKey(id);
  }
  mintToken(request: TokenRequestData, issuer: KeyMaker, claim: Claim | null) {
    return this.#keys.mintToken(request, issuer, claim);
  }
  claim(caller: string, idempotencyKey: string, fingerprint: string) {
    return this.#keys.claim(caller, idempotencyKey, fingerprint);
  }
  endClaim(claim: Claim, end: ClaimEnd) {
    return this.#keys.endClaim(claim, end);
  }

  get #keys(): KeyVault {
    return this.env.KEYS.getByName('keys');
  }

  get #store(): ObjectStore {
    return r2Store(this.env.BUCKET);
  }

  #of(dataset: string): DatasetCoordinator {
    return this.env.COORDINATOR.getByName(dataset);
  }

  /** For everything but teaching: a name that somebody has made up must not get a coordinator of its own. */
  #ofKnown<T>(dataset: string, call: (it: DatasetCoordinator) => Promise<Result<T>>) {
    return this.#answer(async () => {
      if (!(await isKnownDataset(this.#store, dataset)))
        throw new HeadwaterError('not-found', `There is no dataset "${dataset}". Upload an example to it.`);
      return unwrap(await call(this.#of(dataset)));
    });
  }

  #ofTraining<T>(id: string, call: (it: DatasetCoordinator, dataset: string) => Promise<Result<T>>) {
    return this.#answer(async () => {
      const { dataset } = parseTrainingId(id);
      if (!(await isKnownDataset(this.#store, dataset)))
        throw new HeadwaterError('not-found', `There is no training "${id}".`);
      return unwrap(await call(this.#of(dataset), dataset));
    });
  }

  #ofHead<T>(head: string, call: (it: DatasetCoordinator, dataset: string) => Promise<Result<T>>) {
    return this.#answer(async () => {
      const { dataset } = await requireHead(this.#store, head);
      return unwrap(await call(this.#of(dataset), dataset));
    });
  }

  #answer<T>(work: () => Promise<T>): Promise<Result<T>> {
    return result(work, (error) => console.error('control:', error));
  }
}
