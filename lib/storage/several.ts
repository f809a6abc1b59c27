// Several reads at once, and never more than a Worker has connections for.

/** A Worker may hold six connections open; others are answering meanwhile. */
const readsAtOnce = 4;

/** What `work` makes of each item, in the items' order. The first failure is thrown once all under way have ended. */
export async function several<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const mine = next++;
      try {
        results[mine] = await work(items[mine]!);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
