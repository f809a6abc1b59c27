// One thread that computes shards, seen from outside. Arrays lie in shared memory, so a message carries handles only.

import { Worker } from 'node:worker_threads';
import { fromErrorData, HeadwaterError } from '../../errors/index.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { ThreadAnswer, ThreadTask } from './gradient-messages.ts';
import type { ShardSums } from './reduce-shards.ts';
import type { ShardComputer } from './shard-engine.ts';

const workerFile = new URL('./gradient-worker-node.ts', import.meta.url);

/**
 * Starts a thread with a WebAssembly backend of its own and the model on it.
 *
 * @param file the thread's program
 * @throws HeadwaterError what the model says of the spec, or `trainer-failed` if the thread ends
 */
export async function startGradientThread(spec: ModelSpec, file: URL = workerFile): Promise<ShardComputer> {
  // Flags of this process (a test runner's, an inspector's) are not the thread's.
  const worker = new Worker(file, { workerData: spec, execArgv: [] });
  let pending: { resolve(answer: unknown): void; reject(error: unknown): void } | undefined;
  let ended: HeadwaterError | undefined;

  const end = (error: HeadwaterError) => {
    ended ??= error;
    pending?.reject(ended);
    pending = undefined;
  };
  const answer = () =>
    new Promise<unknown>((resolve, reject) => {
      if (ended) reject(ended);
      else pending = { resolve, reject };
    });
  worker.on('message', (message: ThreadAnswer) => {
    const waiting = pending;
    pending = undefined;
    if ('error' in message) waiting?.reject(threadError(message));
    else waiting?.resolve(message.answer);
  });
  worker.on('error', (cause) => end(threadEnded(cause)));
  worker.on('messageerror', (cause) => end(threadEnded(cause)));
  worker.on('exit', (code) => end(threadEnded(new Error(`exit code ${code}`))));

  const ask = (task: ThreadTask): Promise<unknown> => {
    const answered = answer();
    worker.postMessage(task);
    return answered;
  };
  const close = async () => {
    end(new HeadwaterError('cancelled', 'The training was ended.'));
    await worker.terminate();
  };
  try {
    await answer();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    gradients: (shard, gradients) => ask({ kind: 'gradients', shard, gradients }) as Promise<ShardSums>,
    logits: (shard) => ask({ kind: 'logits', shard }) as Promise<Float32Array>,
    close,
  };
}

function threadEnded(cause: unknown): HeadwaterError {
  return new HeadwaterError(
    'trainer-failed',
    'A thread of the trainer ended while it computed gradients, perhaps for lack of memory. Train at a smaller size or from a later place ("from"), or with fewer threads (HEADWATER_TRAINING_THREADS): each computes eight examples at a time, whatever the batchSize.',
    {},
    { cause },
  );
}

function threadError({ error, cause }: Extract<ThreadAnswer, { error: unknown }>): HeadwaterError {
  return error.type === 'internal' ? threadEnded(cause) : fromErrorData(error);
}
