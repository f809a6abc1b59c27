// The control Worker: reached by service binding only. It finds the coordinator of a dataset and passes the
// call on; a head's dataset stands in its head.json.

import { WorkerEntrypoint } from 'cloudflare:workers';
import {
  type ControlRpc,
  type HeadTarget,
  parseTrainingId,
  type Result,
  result,
  type TaughtCode,
  type TaughtExample,
  type TrainingRequestData,
  unwrap,
} from '../../lib/contract/index.ts';
import { requireHead } from '../../lib/registry/index.ts';
import { r2Store } from '../../lib/storage/index.ts';
import type { DatasetCoordinator } from './coordinator/coordinator.ts';
import type { Env } from './env.ts';

export { DatasetCoordinator } from './coordinator/coordinator.ts';

export default class Control extends WorkerEntrypoint<Env> implements ControlRpc {
  override fetch(): Response {
    return new Response('This Worker is reached by service binding only.\n', { status: 404 });
  }

  teach(dataset: string, example: TaughtExample, codes: TaughtCode[]) {
    return this.#of(dataset).teach(dataset, example, codes);
  }
  dataset(dataset: string) {
    return this.#of(dataset).summary(dataset);
  }
  example(dataset: string, digest: string) {
    return this.#of(dataset).example(dataset, digest);
  }
  deleteExample(dataset: string, label: string, digest: string) {
    return this.#of(dataset).deleteExample(dataset, label, digest);
  }
  rebuild(dataset: string) {
    return this.#of(dataset).rebuild(dataset);
  }
  train(head: string, request: TrainingRequestData, target: HeadTarget) {
    return this.#of(request.dataset).train(request.dataset, head, request, target);
  }
  training(id: string) {
    return this.#ofTraining(id, (it, dataset) => it.training(dataset, id));
  }
  cancel(id: string) {
    return this.#ofTraining(id, (it, dataset) => it.cancel(dataset, id));
  }
  promote(head: string, version: number) {
    return this.#ofHead(head, (it, dataset) => it.promote(dataset, head, version));
  }
  rollback(head: string, version: number | null, reason: string) {
    return this.#ofHead(head, (it, dataset) => it.rollback(dataset, head, version, reason));
  }
  sequence(dataset: string, head: string) {
    return this.#of(dataset).sequence(dataset, head);
  }

  #of(dataset: string): DatasetCoordinator {
    return this.env.COORDINATOR.getByName(dataset);
  }

  #ofTraining<T>(id: string, call: (it: DatasetCoordinator, dataset: string) => Promise<Result<T>>) {
    return this.#answer(async () => {
      const { dataset } = parseTrainingId(id);
      return unwrap(await call(this.#of(dataset), dataset));
    });
  }

  #ofHead<T>(head: string, call: (it: DatasetCoordinator, dataset: string) => Promise<Result<T>>) {
    return this.#answer(async () => {
      const { dataset } = await requireHead(r2Store(this.env.BUCKET), head);
      return unwrap(await call(this.#of(dataset), dataset));
    });
  }

  #answer<T>(work: () => Promise<T>): Promise<Result<T>> {
    return result(work, (error) => console.error('control:', error));
  }
}
