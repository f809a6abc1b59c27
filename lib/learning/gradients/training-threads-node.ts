import { availableParallelism } from 'node:os';

/** Threads that compute gradients: HEADWATER_TRAINING_THREADS, or as many as the process has cores.
 *
 * @throws Error if it is no whole number from 1 to 256 */
export function trainingThreads(env: Record<string, string | undefined>): number {
  const text = env.HEADWATER_TRAINING_THREADS;
  if (!text) return availableParallelism();
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new Error('HEADWATER_TRAINING_THREADS is not a whole number from 1 to 256.');
  return threads;
}
