// A clock that stands still unless a test makes time pass.

/** One turn of the event loop: whatever waits for nothing but promises has ended after it. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** `now` in milliseconds; `pass` wakes sleepers in order and lets each act before the next. */
export function createTime() {
  const sleepers: { at: number; wake: () => void }[] = [];
  const time = {
    now: 1_000_000,
    clock: () => time.now,
    sleep: (ms: number) =>
      new Promise<void>((wake) => {
        sleepers.push({ at: time.now + ms, wake });
      }),
    async pass(ms: number) {
      const end = time.now + ms;
      for (;;) {
        await turn();
        sleepers.sort((a, b) => a.at - b.at);
        if (!sleepers[0] || sleepers[0].at > end) break;
        const { at, wake } = sleepers.shift()!;
        time.now = at;
        wake();
      }
      time.now = end;
      await turn();
    },
  };
  return time;
}

/** What has become of a promise by now: neither field while it is pending. */
export function watch<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const state: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => {
      state.value = value;
    },
    (error) => {
      state.error = error;
    },
  );
  return state;
}
