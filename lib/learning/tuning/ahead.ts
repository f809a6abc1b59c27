// One step ahead: what the next turn needs is made while this one's is being used.

/**
 * Results of `make(from)`, …, `make(to − 1)`, in order; each is begun when the one before it is handed out. Whoever
 * leaves early leaves nothing running: what was begun is waited for.
 *
 * @throws what `make` throws, when its turn comes
 */
export async function* ahead<T>(
  from: number,
  to: number,
  make: (i: number) => Promise<T>,
): AsyncGenerator<T> {
  const begin = (i: number) => {
    if (i >= to) return undefined;
    const result = make(i);
    result.catch(() => {}); // Told when its turn comes, or of no interest any more.
    return result;
  };
  let next = begin(from);
  try {
    for (let i = from; i < to; i++) {
      const current = await next!;
      next = begin(i + 1);
      yield current;
    }
  } finally {
    await next?.catch(() => {});
  }
}
