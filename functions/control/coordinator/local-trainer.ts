// Training in the control Worker itself, with the interface of the trainer's client: the same function of lib on the
// same kernels, so the same bits. The thread is given back after every slice. A slice is so much work, never so much
// time: a deployed Worker's clock stands still while it computes.

import { blobKey, type TrainerLine, type TrainRequest } from '../../../lib/contract/index.ts';
import { readTrainingSet } from '../../../lib/datasets/index.ts';
import { readHead } from '../../../lib/heads/index.ts';
import { trainHead } from '../../../lib/learning/index.ts';
import type { Linalg } from '../../../lib/linalg/index.ts';
import { readBlob } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import type { Trainer } from './trainer-client.ts';
import type { Turn } from './turn.ts';

/** Multiply-adds after which others get the thread: some 50 ms, beside which the pause itself (1 ms) is little. */
const sliceMultiplyAdds = 400_000_000;
/** The solvers yield within a pass, too, after about so many. */
const mostOfStep = 2 ** 26;
/** Solver steps in one slice, at most: not all of their work is counted. */
const sliceSteps = 64;
/** A line at least this often keeps the job's lease. */
const heartbeatMs = 2000;
const pollMs = 50;
/** Progress is told in steps of this: each costs a write. */
const progressStep = 0.02;

export interface LocalTrainerDeps {
  store: ObjectStore;
  linalg: Linalg;
  /** One training at a time in an isolate, whatever dataset it belongs to. */
  turn: Turn;
  clock?: () => number;
  /** Resolves in a later macrotask, when whatever came meanwhile has been answered. */
  sleep?: (ms: number) => Promise<void>;
}

export function createLocalTrainer({
  store,
  linalg,
  turn,
  clock = Date.now,
  sleep = (ms) => new Promise((wake) => setTimeout(wake, ms)),
}: LocalTrainerDeps): Trainer {
  async function train(
    request: TrainRequest,
    tell: (line: TrainerLine) => void,
    breathe: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const stages: Record<string, number> = {};
    let since = clock();
    const lap = (name: string) => {
      stages[name] = clock() - since;
      since += stages[name];
    };
    const set = await readTrainingSet(store, request.dataset, request.snapshot);
    const start = request.start && readHead(await readBlob(store, request.head, request.start.blob));
    lap('read');
    const stepsPerSlice = slice(set.codes.length, set.labelNames.length);
    let steps = 0;
    let told = 0;
    const { blob, result } = await trainHead(request, set, start, linalg, {
      signal,
      onProgress(progress) {
        if (progress - told < progressStep) return;
        told = progress;
        tell({ type: 'progress', progress, stage: 'train' });
      },
      pause: () => (++steps % stepsPerSlice === 0 ? breathe() : undefined),
    });
    lap('train');
    await store.put(blobKey(request.head, result.blob.digest), blob);
    lap('upload');
    tell({ type: 'trained', result, stages });
  }

  return {
    async *lines(_path, request, signal) {
      yield { type: 'heartbeat' };
      let heard = clock();
      const ticket = {};
      while (!turn.take(ticket, clock())) {
        await sleep(pollMs);
        if (signal.aborted) return;
        if (clock() - heard < heartbeatMs) continue;
        heard = clock();
        yield { type: 'heartbeat' };
      }
      try {
        yield* following((tell) => {
          const breathe = async () => {
            await sleep(0);
            // Whoever took the turn over did so because this training seemed to be gone.
            if (!turn.take(ticket, clock())) throw new Error('another training has taken its place');
            if (clock() - heard < heartbeatMs) return;
            heard = clock();
            tell({ type: 'heartbeat' });
          };
          return train(request, tell, breathe, signal);
        });
      } finally {
        turn.leave(ticket);
      }
    },
    async stop() {},
  };
}

/** Solver steps in one slice: each passes over all codes twice for every label, or over a part of them. */
const slice = (numbers: number, labels: number) =>
  Math.min(sliceSteps, Math.floor(sliceMultiplyAdds / Math.min(2 * numbers * labels, mostOfStep)));

/** What `work` tells, as it tells it; then its failure, if it fails. */
async function* following(
  work: (tell: (line: TrainerLine) => void) => Promise<void>,
): AsyncGenerator<TrainerLine> {
  const lines: TrainerLine[] = [];
  let wake = () => {};
  let end: { error?: unknown } | undefined;
  const tell = (line: TrainerLine) => {
    lines.push(line);
    wake();
  };
  work(tell)
    .then(
      () => {
        end = {};
      },
      (error) => {
        end = { error };
      },
    )
    .finally(() => wake());
  for (;;) {
    const line = lines.shift();
    if (line) yield line;
    else if (end) break;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  if ('error' in end) throw end.error;
}
