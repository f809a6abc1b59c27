// A training: snapshot and segments in, a blob and its report out. No image is read.

import { blobKey, type TrainerLine, type TrainRequest } from '../../lib/contract/index.ts';
import { readTrainingSet } from '../../lib/datasets/index.ts';
import { readHead } from '../../lib/heads/index.ts';
import { trainHead } from '../../lib/learning/index.ts';
import type { Linalg } from '../../lib/linalg/index.ts';
import { readBlob } from '../../lib/registry/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { progressTeller } from './progress-teller.ts';

export async function train(
  request: TrainRequest,
  { store, linalg }: { store: ObjectStore; linalg: Linalg },
  tell: (line: TrainerLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const stopwatch = createStopwatch();
  const set = await readTrainingSet(store, request.dataset, request.snapshot);
  const start = request.start && readHead(await readBlob(store, request.head, request.start.blob));
  stopwatch.lap('read');
  const { blob, result } = await trainHead(request, set, start, linalg, {
    signal,
    onProgress: progressTeller(tell, 'train'),
    // Lets connections breathe between the solver's steps.
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  stopwatch.lap('train');
  await store.put(blobKey(request.head, result.blob.digest), blob);
  stopwatch.lap('upload');
  tell({ type: 'trained', result, stages: stopwatch.stages });
}

/** Milliseconds between laps, by name. */
function createStopwatch() {
  const stages: Record<string, number> = {};
  let since = performance.now();
  return {
    stages,
    lap(name: string) {
      const now = performance.now();
      stages[name] = Math.round(now - since);
      since = now;
    },
  };
}
