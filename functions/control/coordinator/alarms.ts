// When the coordinator wakes, and what it does then: a tick for the jobs, and upkeep. An alarm that fails fails
// into a later alarm, never into silence.

import type { DurableObjectStorageLike } from 'cloudflare:workers';
import type { ExampleIndex } from '../../../lib/datasets/index.ts';
import { carryOnEndings } from './ending-datasets.ts';
import type { Journal } from './journal.ts';
import type { Parts } from './parts.ts';
import { serially } from './serially.ts';
import { isolateTurn } from './turn.ts';
import { nextWake, retryUpkeepMs, runUpkeep } from './upkeep.ts';

export type Alarms = ReturnType<typeof createAlarms>;

export function createAlarms(
  storage: Pick<DurableObjectStorageLike, 'getAlarm' | 'setAlarm'>,
  index: ExampleIndex,
  journal: Journal,
) {
  /** One after the other: of two that read the alarm at once, the later time could be set last. */
  const oneAtATime = serially();
  /** Upkeep has failed and rests until then. */
  let upkeepFrom = 0;

  const pendingSince = () => Number(journal.fact('pending-since') ?? 0);

  /** Has the coordinator wake at `at`, in milliseconds since 1970, or before. */
  const wakeAt = (at: number): Promise<void> =>
    oneAtATime(async () => {
      const set = await storage.getAlarm();
      if (set === null || set > at) await storage.setAlarm(at);
    });

  /** Sets the alarm for whatever is due first. */
  async function schedule(): Promise<void> {
    const now = Date.now();
    const pending = index.pendingSpaces().length > 0;
    if (pending !== pendingSince() > 0) journal.setFact('pending-since', pending ? `${now}` : '0');
    const at = nextWake({ index, journal }, pendingSince(), upkeepFrom, now);
    if (at !== null) await wakeAt(at);
  }

  function rest(dataset: string, error: unknown): void {
    console.warn(`dataset ${dataset}: upkeep failed and will be tried again:`, String(error));
    upkeepFrom = Date.now() + retryUpkeepMs;
  }

  /** What is done when the alarm has come. */
  async function ring(dataset: string, open: () => Promise<Parts>): Promise<void> {
    try {
      const parts = await open();
      const { runner, codes } = parts;
      runner.tick();
      const now = Date.now();
      if (now >= upkeepFrom) {
        const isTrainingHere = () => isolateTurn.isTaken(Date.now());
        const deps = { index, codes, runner, isTrainingHere };
        const failures = await runUpkeep(deps, pendingSince(), now);
        const [failure] = [...failures, ...(await carryOnEndings(parts, now))];
        if (failure) rest(dataset, failure);
      }
    } catch (error) {
      // The platform gives an alarm that throws up after a few tries.
      rest(dataset, error);
      await wakeAt(upkeepFrom);
    }
    await schedule();
  }

  return { schedule, wakeAt, ring };
}
