// Work on many items with a few clients at once, results in the items' order.

export async function inParallel<T, R>(
  items: T[],
  clients: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const client = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!, i);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return results;
}
