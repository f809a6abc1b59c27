// Telling progress no more often than somebody reads it: every line costs the coordinator a write.

import type { TrainerLine } from '../../lib/contract/index.ts';

/** Progress is told at most this often. */
const tellEveryMs = 200;
/** Of a note, as the contract has it. */
const maxNoteCharacters = 300;

/** Tells progress 0..1 of a stage, with a note for a person, leaving out what comes too soon after the last. */
export function progressTeller(
  tell: (line: TrainerLine) => void,
  stage: string,
): (progress: number, note?: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (progress, note) => {
    const now = performance.now();
    if (now - last < tellEveryMs) return;
    last = now;
    tell({
      type: 'progress',
      progress: Math.min(1, Math.max(0, progress)),
      stage,
      ...(note !== undefined && { note: note.slice(0, maxNoteCharacters) }),
    });
  };
}
