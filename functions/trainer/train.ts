// A training: snapshot and segments in, blobs and a report out. A linear one reads no image; every other strategy does.

import { blobKey, type TrainerLine, type TrainRequest } from '../../lib/contract/index.ts';
import { readTrainingSet } from '../../lib/datasets/index.ts';
import { readHead } from '../../lib/heads/index.ts';
import { trainHead } from '../../lib/learning/index.ts';
import { type StrategyRun, type Trained, trainStrategy } from '../../lib/learning/strategies/index.ts';
import type { Linalg } from '../../lib/linalg/index.ts';
import { readBlob } from '../../lib/registry/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { progressTeller } from './progress-teller.ts';
import { createStopwatch } from './stopwatch.ts';
import { openParts, referenceOf, type Workshop } from './strategy-parts.ts';

type Tell = (line: TrainerLine) => void;

export async function train(
  request: TrainRequest,
  workshop: Workshop,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const run = runOf(tell, 'train', signal);
  if (request.strategy === 'linear') return trainLinearly(request, workshop, tell, run);
  const stopwatch = createStopwatch();
  const { parts, leftOut, close } = await openParts(request, workshop);
  stopwatch.lap('read');
  try {
    // As advice has it: what `auto` follows is the same.
    const reference =
      request.strategy === 'auto' ? await referenceOf(workshop.store, request.backbone) : null;
    const { blobs, result } = await trainStrategy(request, { ...parts, reference }, run);
    stopwatch.lap('train');
    await upload(workshop.store, request.head, blobs);
    stopwatch.lap('upload');
    // Not before: whoever takes the job up again after a crash would begin at the beginning.
    await parts.checkpoints.clear();
    const report = leftOut > 0 ? { ...result.report, erasedMeanwhile: leftOut } : result.report;
    tell({ type: 'trained', result: { ...result, report }, stages: stopwatch.stages });
  } finally {
    await close();
  }
}

/** One that needs nothing but codes. */
export async function trainLinearly(
  request: TrainRequest,
  { store, linalg }: { store: ObjectStore; linalg: Linalg },
  tell: Tell,
  run: StrategyRun,
): Promise<void> {
  const stopwatch = createStopwatch();
  const set = await readTrainingSet(store, request.dataset, request.snapshot);
  const start = request.start && readHead(await readBlob(store, request.head, request.start.blob));
  stopwatch.lap('read');
  const { blob, result } = await trainHead(request, set, start, linalg, run);
  stopwatch.lap('train');
  await upload(store, request.head, [{ digest: result.blob.digest, bytes: blob }]);
  stopwatch.lap('upload');
  tell({ type: 'trained', result, stages: stopwatch.stages });
}

async function upload(store: ObjectStore, head: string, blobs: Trained['blobs']): Promise<void> {
  for (const { digest, bytes } of blobs) await store.put(blobKey(head, digest), bytes);
}

/** Progress as it is told, and room for connections between steps. */
export const runOf = (tell: Tell, stage: string, signal: AbortSignal) => ({
  signal,
  onProgress: progressTeller(tell, stage),
  pause: () => new Promise<void>((resolve) => setImmediate(resolve)),
});
