// Moves of channels that were asked for under an Idempotency-Key: which of them are done. The bucket has the
// channels and the journal has the claims, and a crash may come between the two writes. So the intended document is
// noted first; whoever moves next compares it with what stands in the bucket then, and knows whether it was written.
// No other move comes in between unseen, because there is one writer.

import type { Channels } from '../../../lib/contract/index.ts';
import type { Journal } from './journal.ts';

/** As long as a claim is remembered, and a little. */
const keptMs = 25 * 3_600_000;
/** One fact of the journal holds them all. */
const maxKept = 1000;
const doneFact = 'moves-done';
const intentFact = (head: string) => `move-intent:${head}`;

interface Intent {
  claim: string;
  next: Channels;
}

export function createMoveClaims(journal: Pick<Journal, 'fact' | 'setFact'>) {
  const done = (): [claim: string, at: number][] => JSON.parse(journal.fact(doneFact) ?? '[]');

  return {
    isDone: (claim: string): boolean => done().some(([name]) => name === claim),

    /** Before `next` is written. */
    intend(head: string, claim: string, next: Channels): void {
      const intent: Intent = { claim, next };
      journal.setFact(intentFact(head), JSON.stringify(intent));
    },

    /** Before anything is decided on `current`, and once what was intended is written. `now` in milliseconds. */
    settle(head: string, current: Channels | null, now: number): void {
      const noted = journal.fact(intentFact(head));
      if (!noted) return;
      const { claim, next } = JSON.parse(noted) as Intent;
      if (JSON.stringify(next) === JSON.stringify(current)) {
        const recent = done().filter(([name, at]) => now - at < keptMs && name !== claim);
        journal.setFact(doneFact, JSON.stringify([...recent.slice(1 - maxKept), [claim, now]]));
      }
      journal.setFact(intentFact(head), '');
    },
  };
}
