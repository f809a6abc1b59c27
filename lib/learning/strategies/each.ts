// Work on one example after the other, with the courtesies of a long run: progress, room for others, an ear for the end.

import { HeadwaterError } from '../../errors/index.ts';
import type { StrategyRun } from './parts.ts';

/** Calls `work` with each of `items` in order. @throws HeadwaterError `cancelled` by the signal */
export async function each<T>(
  items: ArrayLike<T>,
  run: StrategyRun,
  work: (item: T, at: number) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at++) {
    await work(items[at]!, at);
    await rest(run, (at + 1) / items.length);
  }
}

/** Between two steps. @throws HeadwaterError `cancelled` by the signal */
export async function rest({ onProgress, pause, signal }: StrategyRun, progress: number): Promise<void> {
  onProgress?.(progress);
  await pause?.();
  if (signal?.aborted) throw new HeadwaterError('cancelled', 'The training was cancelled.');
}
