// CPU time of a process, to the nanosecond, from outside: a Worker's own clock stands still while it computes.

import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds that all threads of a process have run so far. */
export function cpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // It has ended meanwhile.
    }
  return nanoseconds / 1e6;
}
