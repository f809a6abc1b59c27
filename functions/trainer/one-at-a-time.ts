// Works that fill the threads and the memory run one after the other, in the order in which they came. Who waits is heard
// to live all the same: the heartbeat is the connection's, not the work's.

import { HeadwaterError } from '../../lib/errors/index.ts';

/** Runs `work` when those before it have ended, however they did. @throws HeadwaterError `cancelled` if it was given up meanwhile */
export type OneAtATime = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

export function oneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work, signal) => {
    const mine = last.then(() => {
      if (signal.aborted) throw new HeadwaterError('cancelled', 'The job was given up.');
      return work();
    });
    last = mine.catch(() => {});
    return mine;
  };
}
