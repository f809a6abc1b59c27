import { expect, it } from 'vitest';
import { stagedCheckpoints } from './staged-checkpoints.ts';

function oneStore() {
  const kept: { bytes: Uint8Array | null } = { bytes: null };
  return {
    kept,
    store: {
      load: async () => kept.bytes,
      save: async (bytes: Uint8Array) => void (kept.bytes = bytes),
      clear: async () => void (kept.bytes = null),
    },
  };
}

it('keeps what each stage has come to, whichever saves last, and forgets both at once', async () => {
  const { store } = oneStore();
  const { judged, published } = stagedCheckpoints(store);
  expect(await judged.load()).toBeNull();
  await judged.save(Uint8Array.of(1, 2, 3));
  await published.save(Uint8Array.of(4));
  await judged.save(Uint8Array.of(5, 6));
  const again = stagedCheckpoints(store);
  expect(await again.judged.load()).toEqual(Uint8Array.of(5, 6));
  expect(await again.published.load()).toEqual(Uint8Array.of(4));
  await published.clear();
  expect(await stagedCheckpoints(store).judged.load()).toBeNull();
});

it('begins anew on a damaged checkpoint', async () => {
  const { kept, store } = oneStore();
  await stagedCheckpoints(store).judged.save(Uint8Array.of(1, 2, 3));
  kept.bytes = kept.bytes!.subarray(0, 20);
  expect(await stagedCheckpoints(store).judged.load()).toBeNull();
  await stagedCheckpoints(store).published.save(Uint8Array.of(7));
  expect(await stagedCheckpoints(store).published.load()).toEqual(Uint8Array.of(7));
});
