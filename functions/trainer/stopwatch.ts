// How long the stages of a job took.

/** Milliseconds between laps, by name. */
export function createStopwatch() {
  const stages: Record<string, number> = {};
  let since = performance.now();
  return {
    stages,
    lap(name: string) {
      const now = performance.now();
      stages[name] = Math.round(now - since);
      since = now;
    },
  };
}
