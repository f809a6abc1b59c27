// When a training's state is saved, and what happens if that fails.

import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { CheckpointStore } from './inputs.ts';
import type { TuningState } from './state.ts';

export interface CheckpointKeeper {
  /** The state that an earlier process left, if it is whole and of this training. */
  load(): Promise<TuningState | null>;
  /** Saves if it is time. @param now whether or not */
  save(state: TuningState, now: boolean): Promise<void>;
}

/**
 * @param everySeconds between saves; a look at the held-out examples is worth one after a quarter of it.
 * @param onFailure told of a save that failed; without it, that is thrown
 */
export function keepCheckpoints(
  store: CheckpointStore | undefined,
  fingerprint: string,
  {
    everySeconds,
    clock,
    onFailure,
  }: { everySeconds: number; clock: () => number; onFailure: ((error: unknown) => void) | undefined },
): CheckpointKeeper {
  let savedAt = clock();
  return {
    async load() {
      const file = await store?.load();
      return file ? readCheckpoint(file, fingerprint) : null;
    },
    async save(state, now) {
      if (!store) return;
      const looked = state.curves.at(-1)?.step === state.step;
      const due = looked ? everySeconds / 4 : everySeconds;
      if (!now && clock() - savedAt < due * 1000) return;
      try {
        await store.save(await writeCheckpoint(state, fingerprint));
      } catch (error) {
        if (!onFailure) throw error;
        onFailure(error);
      }
      savedAt = clock();
    },
  };
}
