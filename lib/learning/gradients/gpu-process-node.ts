// The process that trains on a GPU, seen from outside. A process, not a thread: Dawn runs in a thread too, but a driver that
// crashes there ends the trainer and every other job in it.

import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { serialize } from 'node:v8';
import { type ErrorData, fromErrorData, HeadwaterError } from '../../errors/index.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { type Frame, floats, frameParts, frameReader } from './array-frames.ts';
import type { Shard, ShardComputer } from './shard-engine.ts';

const workerFile = new URL('./gpu-worker-node.ts', import.meta.url);

/**
 * Starts the process and the model in it.
 *
 * @param env of the process: where the driver is found
 * @throws HeadwaterError what the model says of the spec, or `trainer-failed` if the process ends
 */
export async function startGpuProcess(
  spec: ModelSpec,
  env: Record<string, string | undefined>,
): Promise<ShardComputer> {
  const child = spawn(process.execPath, [fileURLToPath(workerFile)], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const pipe = child.stdio[3] as Duplex;
  const read = frameReader();
  let pending: { resolve(frame: Frame): void; reject(error: unknown): void } | undefined;
  let ended: HeadwaterError | undefined;
  /** What the driver said last, for the log. */
  let said = '';

  const end = (error: HeadwaterError) => {
    ended ??= error;
    pending?.reject(ended);
    pending = undefined;
  };
  const gone = new Promise<void>((resolve) => {
    child.once('error', (cause) => {
      end(processEnded(cause));
      resolve();
    });
    child.once('close', (code, signal) => {
      end(processEnded(new Error(`${signal ?? `exit code ${code}`}: ${said}`)));
      resolve();
    });
  });
  child.stderr!.on('data', (text: Buffer) => {
    said = (said + text).slice(-2000);
  });
  pipe.on('error', (cause) => end(processEnded(cause)));
  pipe.on('data', (chunk: Uint8Array) => {
    for (const frame of read(chunk)) {
      const waiting = pending;
      pending = undefined;
      const { error, cause } = frame.head as { error?: ErrorData; cause?: string };
      if (error) waiting?.reject(error.type === 'internal' ? processEnded(cause) : fromErrorData(error));
      else waiting?.resolve(frame);
    }
  });

  const ask = (head: unknown, arrays: ArrayBufferView[]) =>
    new Promise<Frame>((resolve, reject) => {
      if (ended) return reject(ended);
      pending = { resolve, reject };
      for (const part of frameParts(head, arrays)) pipe.write(part);
    });
  const arraysOf = ({ inputs, labels, parameters, statistics }: Shard) => [
    inputs,
    labels,
    parameters,
    statistics,
  ];
  const close = async () => {
    end(new HeadwaterError('cancelled', 'The training was ended.'));
    child.kill('SIGKILL');
    await gone;
  };
  try {
    await ask({}, [serialize(spec)]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async gradients(shard, gradients) {
      const { head, arrays } = await ask({ kind: 'gradients' }, arraysOf(shard));
      gradients.set(floats(arrays[0]!));
      return { ...(head as { lossSum: number; right: number }), statistics: floats(arrays[1]!) };
    },
    async logits(shard) {
      return floats((await ask({ kind: 'logits' }, arraysOf(shard))).arrays[0]!);
    },
    close,
  };
}

function processEnded(cause: unknown): HeadwaterError {
  return new HeadwaterError(
    'trainer-failed',
    'The process that trains on the GPU ended or failed, perhaps for lack of its memory or for a fault of its driver. Train at a smaller size or from a later place ("from"), or with device cpu.',
    {},
    { cause },
  );
}
