// Runs asynchronous steps one after the other. Within one Durable Object this is safe: all its requests share
// one context, so a promise of another request cannot be cut off.

/** A function that runs what it is given after everything it was given before has ended, well or not. */
export function serially(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };
}
