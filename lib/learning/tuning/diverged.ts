import { HeadwaterError } from '../../errors/index.ts';
import type { TuningSettings } from './settings.ts';

/** What is thrown when the loss is no number any more. */
export function diverged(
  step: number,
  { learningRate }: Pick<TuningSettings, 'learningRate'>,
): HeadwaterError {
  return new HeadwaterError(
    'training-diverged',
    `The training diverged at step ${step + 1}: its loss is no number any more. ` +
      `Ask for it with a tenth of the learning rate (${learningRate / 10}), or with a higher headRatio.`,
    { step: step + 1, learningRate },
  );
}
