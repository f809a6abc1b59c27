// Advice: evidence gathered from a snapshot and its images, and what follows from it.

import type { AdviseRequest, TrainerLine } from '../../lib/contract/index.ts';
import { adviseDataset } from '../../lib/learning/evidence/index.ts';
import { createStopwatch } from './stopwatch.ts';
import { openParts, referenceOf, type Workshop } from './strategy-parts.ts';
import { runOf } from './train.ts';

export async function adviseOn(
  request: AdviseRequest,
  workshop: Workshop,
  tell: (line: TrainerLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const stopwatch = createStopwatch();
  const { parts, close } = await openParts(request, workshop);
  stopwatch.lap('read');
  try {
    const reference = await referenceOf(workshop.store, request.backbone);
    const advice = await adviseDataset(request, { ...parts, reference }, runOf(tell, 'advise', signal));
    stopwatch.lap('advise');
    tell({ type: 'advised', advice, stages: stopwatch.stages });
  } finally {
    await close();
  }
}
