// Trainings where they run: in workerd, with its kernels, on its event loop.

import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  blobKey,
  type TrainerLine,
  type TrainRequest,
  type TrainResult,
} from '../../../lib/contract/index.ts';
import { readTrainingSet } from '../../../lib/datasets/index.ts';
import { trainHead } from '../../../lib/learning/index.ts';
import { createLinalg } from '../../../lib/linalg/index.ts';
import { loadLinalg } from '../../../lib/linalg/linalg-workerd.ts';
import { type R2BucketLike, r2Store } from '../../../lib/storage/r2.ts';
import { createLocalTrainer } from './local-trainer.ts';
import { freezeSynthetic } from './testing/frozen.ts';
import { createTurn } from './turn.ts';

const store = r2Store((env as { BUCKET: R2BucketLike }).BUCKET);
const linalg = loadLinalg();

async function train(request: TrainRequest, turn = createTurn()): Promise<TrainerLine[]> {
  const lines: TrainerLine[] = [];
  const { signal } = new AbortController();
  for await (const line of createLocalTrainer({ store, linalg, turn }).lines('/v1/jobs', request, signal))
    lines.push(line);
  return lines;
}

const resultOf = (lines: TrainerLine[]): TrainResult => {
  const last = lines.at(-1);
  if (last?.type !== 'trained') throw new Error(`ended with ${JSON.stringify(last)}`);
  return last.result;
};

describe('a training in the control Worker', () => {
  it('makes the head that the one function of lib makes, bit for bit, and stores it', async () => {
    const request = await freezeSynthetic(store, { n: 90, dims: 70, classes: 3 });
    const result = resultOf(await train(request));
    const set = await readTrainingSet(store, request.dataset, request.snapshot);
    const twin = await trainHead(request, set, null, createLinalg());
    expect(result).toEqual(twin.result);
    expect((await store.get(blobKey(request.head, result.blob.digest)))!.body).toEqual(twin.blob);
  });

  it('lets others have the thread between its slices: what is asked meanwhile is answered meanwhile', async () => {
    const request = await freezeSynthetic(store, { n: 600, dims: 256, classes: 4 });
    let isOver = false;
    const training = train(request).finally(() => {
      isOver = true;
    });
    let answered = 0;
    while (!isOver) {
      await store.put('taught', new Uint8Array([answered]));
      // As callers do, who are not in this process.
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (!isOver) answered++;
    }
    resultOf(await training);
    expect(answered).toBeGreaterThan(3);
  });

  it('waits for one of another dataset in the same isolate, and says that it lives', async () => {
    const request = await freezeSynthetic(store, { n: 40, dims: 32, classes: 2 });
    const turn = createTurn();
    const other = {};
    turn.take(other, Date.now());
    const waiting = train(request, turn);
    const early = await Promise.race([
      waiting.then(() => 'trained'),
      new Promise((resolve) => setTimeout(resolve, 200, 'waits')),
    ]);
    expect(early).toBe('waits');
    turn.leave(other);
    resultOf(await waiting);
    expect(turn.isTaken(Date.now())).toBe(false);
  });
});
