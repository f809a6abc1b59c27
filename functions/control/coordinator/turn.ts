// Whose turn it is to train in this isolate. Coordinators of several datasets may share one, and each would need
// most of its memory. Plain state that is asked for again and again: a promise of another Durable Object must not be
// awaited, since it hangs for good when that object goes.

/** A holder that has not asked for this long is gone: a slice takes a fraction of a second. */
const abandonedMs = 60_000;

export type Turn = ReturnType<typeof createTurn>;

export function createTurn() {
  let holder: { ticket: object; seen: number } | undefined;
  const isTaken = (now: number) => holder !== undefined && now - holder.seen < abandonedMs;
  return {
    /** Whether anybody trains here. */
    isTaken,
    /** Takes the turn, or keeps it; false while another ticket has it. */
    take(ticket: object, now: number): boolean {
      if (isTaken(now) && holder!.ticket !== ticket) return false;
      holder = { ticket, seen: now };
      return true;
    },
    leave(ticket: object): void {
      if (holder?.ticket === ticket) holder = undefined;
    },
  };
}

/** The one turn of this isolate. */
export const isolateTurn = createTurn();
