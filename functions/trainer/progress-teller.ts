// Telling progress no more often than somebody reads it: every line costs the coordinator a write.

import type { TrainerLine } from '../../lib/contract/index.ts';

/** Progress is told at most this often. */
const tellEveryMs = 200;

/** Tells progress 0..1 of a stage, leaving out what comes too soon after the last. */
export function progressTeller(tell: (line: TrainerLine) => void, stage: string): (progress: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - last < tellEveryMs) return;
    last = now;
    tell({ type: 'progress', progress, stage });
  };
}
