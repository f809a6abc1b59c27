import { expect, it } from 'vitest';
import { datasetKey } from '../../lib/contract/index.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { isKnownDataset } from './known-datasets.ts';

it('knows what the bucket knows, reads once for what is there, and again for what is not', async () => {
  const inner = memoryStore();
  let reads = 0;
  const store = {
    ...inner,
    head: (key: string) => {
      reads++;
      return inner.head(key);
    },
  };
  expect([await isKnownDataset(store, 'ants'), await isKnownDataset(store, 'ants')]).toEqual([false, false]);
  expect(reads).toBe(2);
  await inner.put(datasetKey('ants'), new Uint8Array(1));
  expect([await isKnownDataset(store, 'ants'), await isKnownDataset(store, 'ants')]).toEqual([true, true]);
  expect(reads).toBe(3);
});
