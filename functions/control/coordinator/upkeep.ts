// What a coordinator does besides answering, and when it wakes for it. Whatever fails is tried again after a
// pause: never at once, or an alarm would follow the other for as long as storage is down, and never not at all.

import type { ExampleIndex } from '../../../lib/datasets/index.ts';
import { wakeAt } from '../../../lib/jobs/index.ts';
import { type CodeKeeper, segmentRows } from './code-keeper.ts';
import { endingsWakeAt } from './ending-datasets.ts';
import type { Journal } from './journal.ts';
import type { Runner } from './runner.ts';

/** Codes wait this long for company before they are written as a segment. */
export const flushAfterMs = 30_000;
/** Pause before upkeep that failed is tried again, and before what can wait a little for more of its kind. */
export const retryUpkeepMs = 5000;

export interface UpkeepDeps {
  index: ExampleIndex;
  codes: Pick<CodeKeeper, 'sweep' | 'flush' | 'erase' | 'compact'>;
  runner: Pick<Runner, 'busy' | 'recordLeftOvers'>;
  /** Whether a training of any dataset takes up this isolate's memory. */
  isTrainingHere(): boolean;
}

/** Does what is due. One task that fails keeps none of the others from being done. Answers what failed. */
export async function runUpkeep(
  { index, codes, runner, isTrainingHere }: UpkeepDeps,
  pendingSince: number,
  now: number,
): Promise<unknown[]> {
  const failures: unknown[] = [];
  const tasks = [
    codes.sweep,
    () => (isFlushDue(index, pendingSince, now) ? codes.flush() : undefined),
    () => (runner.busy() ? undefined : codes.erase()),
    () => codes.compact(() => !runner.busy() && !isTrainingHere()),
    codes.sweep,
    runner.recordLeftOvers,
  ];
  for (const task of tasks)
    try {
      await task();
    } catch (error) {
      failures.push(error);
    }
  return failures;
}

/**
 * When there is something to do next, in milliseconds since 1970, or null if there is nothing.
 *
 * @param pendingSince since when codes have been pending
 * @param notBefore upkeep has failed and rests until then; jobs do not
 */
export function nextWake(
  { index, journal }: { index: ExampleIndex; journal: Journal },
  pendingSince: number,
  notBefore: number,
  now: number,
): number | null {
  const jobs = journal.activeJobs();
  const tick = wakeAt(jobs, now);
  const upkeep: number[] = [];
  if (index.doomed().length > 0) upkeep.push(now);
  if (index.pendingSpaces().length > 0)
    upkeep.push(isFlushDue(index, pendingSince, now) ? now : pendingSince + flushAfterMs);
  const idle = !jobs.some(({ status }) => status === 'running');
  if (idle && index.erasures().length > 0) upkeep.push(now + retryUpkeepMs);
  const endings = endingsWakeAt({ journal }, now);
  if (endings !== null) upkeep.push(endings);
  if (journal.unrecordedJobs().length > 0) upkeep.push(now + retryUpkeepMs);
  const due = [...(tick === null ? [] : [tick]), ...upkeep.map((at) => Math.max(at, notBefore))];
  return due.length > 0 ? Math.min(...due) : null;
}

function isFlushDue(index: ExampleIndex, pendingSince: number, now: number): boolean {
  const pending = index.pendingSpaces();
  return (
    pending.some(({ n }) => n >= segmentRows) || (pending.length > 0 && now - pendingSince >= flushAfterMs)
  );
}
