// Loading something costly once per isolate, without any request awaiting another's promise: the first one
// loads, others poll plain state, and one of them takes over if the first has vanished.

export interface SharedLoadOptions {
  clock(): number;
  sleep(ms: number): Promise<void>;
  /** After this long a load is taken for lost. */
  takeoverMs: number;
  /** Lets a load go on when the request that began it is cancelled (`waitUntil`). */
  behind?(work: Promise<unknown>): void;
}

interface Slot<T> {
  value?: T;
  loadingSince: number;
}

export type SharedLoads<T> = ReturnType<typeof createSharedLoads<T>>;

export function createSharedLoads<T>({ clock, sleep, takeoverMs, behind }: SharedLoadOptions) {
  const slots = new Map<string, Slot<T>>();
  const pollMs = 5;

  return {
    /** The value under `key`, loaded by whoever came first. A failed load is not remembered. */
    async get(key: string, load: () => Promise<T>): Promise<T> {
      let slot = slots.get(key);
      if (!slot) slots.set(key, (slot = { loadingSince: 0 }));
      while (slot.value === undefined && slot.loadingSince !== 0 && clock() - slot.loadingSince < takeoverMs)
        await sleep(pollMs);
      if (slot.value !== undefined) return slot.value;
      const began = clock();
      slot.loadingSince = began;
      try {
        const loading = load();
        behind?.(loading.catch(() => {}));
        const loaded = await loading;
        // One that was taken over may come in late: what is in use stays.
        slot.value ??= loaded;
        // Whoever was before may have failed and dropped the slot while this one waited.
        if (slots.get(key)?.value === undefined) slots.set(key, slot);
        return slot.value;
      } finally {
        if (slot.loadingSince === began) slot.loadingSince = 0;
        if (slot.value === undefined && slot.loadingSince === 0 && slots.get(key) === slot) slots.delete(key);
      }
    },
    peek: (key: string): T | undefined => slots.get(key)?.value,
    drop: (key: string) => slots.delete(key),
    entries: (): [string, T][] =>
      [...slots].flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value] as [string, T]])),
  };
}
