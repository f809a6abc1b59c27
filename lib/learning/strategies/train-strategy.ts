// A training by whatever strategy the request names.

import type { TrainRequest } from '../../contract/index.ts';
import type { Head } from '../../heads/index.ts';
import { trainHead } from '../train-head.ts';
import { auto } from './auto.ts';
import { fineTune } from './fine-tune.ts';
import { linearEarly } from './linear-early.ts';
import type { StrategyParts, StrategyRun, Trained } from './parts.ts';

/**
 * Trains what the request asks for.
 *
 * @param start of a linear training with a warm start: the head that `request.start` names
 * @throws HeadwaterError as the strategy does
 */
export async function trainStrategy(
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun = {},
  start: Head | null = null,
): Promise<Trained> {
  const { strategy } = request;
  switch (strategy) {
    case 'linear': {
      const { blob, result } = await trainHead(request, parts.set, start, parts.linalg, run);
      return { blobs: [{ digest: result.blob.digest, bytes: blob }], result };
    }
    case 'linear-early': {
      const { blobs, result } = await linearEarly(request, parts, run);
      return { blobs, result };
    }
    case 'fine-tune-top':
    case 'fine-tune-all':
    case 'from-scratch': {
      const { blobs, result } = await fineTune(strategy, request, parts, run);
      return { blobs, result };
    }
    case 'auto':
      return auto(request, parts, run);
  }
}
