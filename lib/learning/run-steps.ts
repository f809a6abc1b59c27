// How a training runs beside other work: it is a generator of progress, and whoever runs it decides what happens
// between its steps.

import { HeadwaterError } from '../errors/index.ts';
import { relay } from '../linalg/index.ts';

export interface RunOptions {
  /** Called with 0..1, never falling. */
  onProgress?: (progress: number) => void;
  /** Called between steps; a promise is awaited, so that others can have the thread. */
  pause?: () => void | Promise<void>;
  /** Looked at between steps. */
  signal?: { readonly aborted: boolean };
}

/** Runs to the end. @throws HeadwaterError `cancelled` by the signal. */
export async function runSteps<T>(
  steps: Generator<number, T>,
  { onProgress, pause, signal }: RunOptions = {},
): Promise<T> {
  while (true) {
    if (signal?.aborted) throw new HeadwaterError('cancelled', 'The training was cancelled.');
    const step = steps.next();
    if (step.done) return step.value;
    onProgress?.(step.value);
    const waiting = pause?.();
    if (waiting) await waiting;
  }
}

/** Maps a part's progress 0..1 into its share of the whole. */
export function within<T>(start: number, share: number, steps: Generator<number, T>): Generator<number, T> {
  return relay(steps, (progress) => start + share * progress);
}
