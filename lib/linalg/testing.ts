// Nothing but tests and benches imports this.

import type { Steps } from './steps.ts';

/** Runs steps to their end, with no pause between them. */
export function finish<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
