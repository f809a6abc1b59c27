// Whether a training's batches fit the trainer, asked before anything is trained: a process that runs out of memory is ended
// without a word, and every other training in it with it.

import { HeadwaterError } from '../../errors/index.ts';
import type { TuningSettings } from '../tuning/index.ts';
import type { MovingLayers } from './layers.ts';

/** Of a batch's inputs. The next batch is made while one is trained on, and threads read copies of both. */
export const maxBatchBytes = 512 * 2 ** 20;

/** @throws HeadwaterError `bad-request` with the largest batch that fits */
export function requireBatchFits(
  { batchSize }: Pick<TuningSettings, 'batchSize'>,
  { inputShape }: Pick<MovingLayers, 'inputShape'>,
  examples: number,
): void {
  const bytesOfOne = inputShape.reduce((a, b) => a * b, Float32Array.BYTES_PER_ELEMENT);
  const most = Math.floor(maxBatchBytes / bytesOfOne);
  if (Math.min(batchSize, examples) <= most) return;
  throw new HeadwaterError(
    'bad-request',
    `A batch of ${batchSize} inputs of ${inputShape.join(' × ')} numbers takes ${Math.ceil((batchSize * bytesOfOne) / 2 ** 20)} MiB, and there is room for ${maxBatchBytes / 2 ** 20} MiB. Train with a "batchSize" of at most ${most}, or at a smaller size.`,
    { batchSize, most },
  );
}
