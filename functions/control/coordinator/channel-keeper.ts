// The one place that writes channels. Read, decide, compare-and-set; if someone else was faster, decide anew
// on what is there now: the decision carries its own precondition, so nothing is retried blindly. A write whose
// answer got lost is looked for before anything else, or a rollback would be done twice.

import type { Channels } from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { type Move, readChannels, type StoredChannels, writeChannels } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import type { Signer, Verifier } from '../../../lib/trust/index.ts';
import type { Journal } from './journal.ts';
import { createMoveClaims } from './move-claims.ts';
import { serially } from './serially.ts';

/** R2 takes one write per second to one key. */
const writeGapMs = 1000;

/** The next channels, a reason not to write them, or null when there is nothing to do. */
export type Decision = { next: Channels } | { held: string } | null;

/** Milliseconds since 1970, and a pause. */
interface Time {
  clock(): number;
  sleep(ms: number): Promise<void>;
}

export type ChannelKeeper = ReturnType<typeof createChannelKeeper>;

export function createChannelKeeper(
  store: ObjectStore,
  journal: Journal,
  signer: Signer,
  verifier: Verifier,
  { clock, sleep }: Time = { clock: Date.now, sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)) },
) {
  const oneAtATime = serially();
  const claims = createMoveClaims(journal);
  const lastWrite = new Map<string, number>();

  /** Whether `next` stands in storage now, by this write. @throws HeadwaterError `storage-unavailable` */
  async function written(next: Channels, previous: StoredChannels | null): Promise<boolean> {
    const stands = async () =>
      JSON.stringify((await readChannels(store, next.head, verifier))?.channels) === JSON.stringify(next);
    try {
      return (await writeChannels(store, next, previous, signer)) !== null || (await stands());
    } catch (error) {
      if (await stands().catch(() => false)) return true;
      throw error;
    }
  }

  /** Nothing goes live that is being deleted. @throws HeadwaterError `conflict` */
  function requireLiving({ head, stable }: Channels): void {
    if (journal.ending('head', head) || (stable !== null && journal.ending('version', head, stable)))
      throw new HeadwaterError('conflict', `What should answer for "${head}" is being deleted.`);
  }

  async function pace(head: string): Promise<void> {
    const wait = (lastWrite.get(head) ?? 0) + writeGapMs - clock();
    if (wait > 0) await sleep(wait);
    lastWrite.set(head, clock());
  }

  /** Moves the channels of a head; answers why it did not, or null if it did. Under a `claim` that has moved them
   *  already it does nothing. */
  const move = (
    head: string,
    decide: (current: Channels | null, move: Move) => Decision | Promise<Decision>,
    claim?: string,
  ) =>
    oneAtATime(async () => {
      for (;;) {
        const stored = await readChannels(store, head, verifier);
        // Deciding on it is having seen it: a sequence that a crash kept from the journal is caught up with.
        const sequenceFloor = journal.sequence(head);
        journal.sawSequence(head, stored?.channels.sequence ?? 0);
        claims.settle(head, stored?.channels ?? null, clock());
        if (claim && claims.isDone(claim)) return null;
        const at = new Date(clock()).toISOString();
        const endedAt = journal.floor(head).sequence;
        const decision = await decide(stored?.channels ?? null, { head, sequenceFloor, endedAt, at });
        if (!decision) return null;
        if ('held' in decision) return decision.held;
        requireLiving(decision.next);
        if (claim) claims.intend(head, claim, decision.next);
        await pace(head);
        if (await written(decision.next, stored)) {
          journal.sawSequence(head, decision.next.sequence);
          claims.settle(head, decision.next, clock());
          return null;
        }
      }
    });

  const read = async (head: string) => (await readChannels(store, head, verifier))?.channels ?? null;

  return {
    move,
    read,
    /** Runs other work while no channels are being moved. */
    alone: oneAtATime,
  };
}
