import { describe, expect, it } from 'vitest';
import { backboneKey, currentBackboneKey, quantisationKey, referenceKey } from '../contract/index.ts';
import { memoryStore } from '../storage/index.ts';
import { parseCurrent } from './current-backbone.ts';
import { type BackboneFile, publishBackbone } from './publish-backbone.ts';

const [digest, quantised] = ['ab'.repeat(32), 'cd'.repeat(32)];
const plain: BackboneFile = { name: 'net', digest, file: Uint8Array.of(1, 2, 3) };
const figures = {
  int8: { tap: 'final', pictures: 9, cosineMean: 0.9998, cosineWorst: 0.999, relativeError: 0.02 },
};
const inBytes: BackboneFile = {
  ...plain,
  arithmetic: 'int8',
  quantisation: { digest: quantised, file: Uint8Array.of(4) },
  figures,
};
const [first, later] = ['2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z'];

async function currentIn(store: ReturnType<typeof memoryStore>) {
  return parseCurrent((await store.get(currentBackboneKey('net')))!.body);
}

describe('publishing a backbone', () => {
  it('stores its files and a note of what the name stands for: float32 unless it says otherwise', async () => {
    const store = memoryStore();
    await publishBackbone(store, plain, first);
    expect((await store.get(backboneKey('net', digest)))!.body).toEqual(plain.file);
    expect(await currentIn(store)).toMatchObject({
      digest,
      arithmetic: 'float32',
      quantisation: null,
      figures: {},
    });
  });

  it('stores the quantisation before the note that names it', async () => {
    const store = memoryStore();
    await publishBackbone(store, inBytes, first);
    expect((await store.get(quantisationKey('net', digest, quantised)))!.body).toEqual(Uint8Array.of(4));
    expect(await currentIn(store)).toMatchObject({ arithmetic: 'int8', quantisation: quantised, figures });
    const keys: string[] = [];
    const watched = memoryStore();
    const put: typeof watched.put = (key, ...rest) => {
      keys.push(key);
      return watched.put(key, ...rest);
    };
    await publishBackbone({ ...watched, put }, inBytes, first);
    expect(keys.at(-1)).toBe(currentBackboneKey('net'));
    expect(keys).toHaveLength(3);
  });

  it('stores reference statistics and names them', async () => {
    const store = memoryStore();
    await publishBackbone(store, plain, first);
    expect((await currentIn(store))!.reference).toBeNull();
    const reference = { digest: quantised, file: Uint8Array.of(5) };
    await publishBackbone(store, { ...plain, reference }, first);
    expect((await currentIn(store))!.reference).toBe(quantised);
    expect((await store.get(referenceKey('net', digest, quantised)))!.body).toEqual(reference.file);
  });

  it('writes the note again for another arithmetic or other figures, and not for another time alone', async () => {
    const store = memoryStore();
    await publishBackbone(store, plain, first);
    await publishBackbone(store, inBytes, first);
    expect((await currentIn(store))!.arithmetic).toBe('int8');
    await publishBackbone(store, inBytes, later);
    expect((await currentIn(store))!.updated).toBe(first);
    await publishBackbone(store, { ...inBytes, figures: {} }, later);
    expect(await currentIn(store)).toMatchObject({ updated: later, figures: {} });
  });
});
