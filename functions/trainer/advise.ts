// Advice: evidence gathered from a snapshot and its images, and what follows from it.

import { findReference } from '../../lib/codes/index.ts';
import {
  type AdviseRequest,
  CurrentBackboneSchema,
  currentBackboneKey,
  type TrainerLine,
} from '../../lib/contract/index.ts';
import { adviseDataset } from '../../lib/learning/evidence/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { fromJson } from '../../lib/tensors/index.ts';
import { createStopwatch } from './stopwatch.ts';
import { openParts, type Workshop } from './strategy-parts.ts';
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

/** What a named set of pictures looks like inside the backbone, if somebody has measured one for this very file. */
async function referenceOf(store: ObjectStore, { name, digest }: AdviseRequest['backbone']) {
  const object = await store.get(currentBackboneKey(name));
  const current = object && CurrentBackboneSchema.safeParse(fromJson(object.body)).data;
  return current?.digest === digest ? findReference(store, current) : null;
}
