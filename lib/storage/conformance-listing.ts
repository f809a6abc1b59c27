// The part of the conformance suite that is about listings: pages, order, starting in the middle, folders.

import { expect, it } from 'vitest';
import { compareKeys } from './checks.ts';
import { listAll, type ObjectStore, pastPrefix } from './object-store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Declares the tests. `fresh` gives a store with a prefix that nobody else uses. */
export function describeListing(fresh: () => Promise<{ store: ObjectStore; prefix: string }>): void {
  it('lists a prefix in pages, in order, each object once', async () => {
    const { store, prefix } = await fresh();
    const names = Array.from({ length: 11 }, (_, i) => `in/größe ${i}`);
    for (const each of [...names, 'in', 'inn', 'out']) await store.put(prefix + each, bytes(each));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ prefix: `${prefix}in/`, limit: 4, cursor });
      expect(page.objects.length).toBeLessThanOrEqual(4);
      seen.push(...page.objects.map((object) => object.key));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(names.map((each) => prefix + each).sort(compareKeys));
    const all = [];
    for await (const object of listAll(store, `${prefix}in/`, { limit: 3 })) all.push(object.key);
    expect(all).toEqual(seen);
  });

  it('starts a listing after any key, there or not', async () => {
    const { store, prefix } = await fresh();
    for (const each of ['a', 'b', 'c/d', 'größe']) await store.put(prefix + each, bytes(each));
    const keysAfter = async (startAfter: string) =>
      (await store.list({ prefix, startAfter: prefix + startAfter })).objects.map(({ key }) =>
        key.slice(prefix.length),
      );
    expect(await keysAfter('a')).toEqual(['b', 'c/d', 'größe']);
    expect(await keysAfter('bb')).toEqual(['c/d', 'größe']);
    expect(await keysAfter('größe')).toEqual([]);
  });

  it('tells what stands before a delimiter once, in pages, and can start past it', async () => {
    const { store, prefix } = await fresh();
    const folders = ['ant', 'ant 2', 'ant-2', 'ant0', 'größe'];
    for (const folder of folders)
      for (const name of ['a', 'b/c', 'd']) await store.put(`${prefix}${folder}/${name}`, bytes(name));
    await store.put(`${prefix}file`, bytes('file'));
    const expected = folders.map((folder) => `${prefix}${folder}/`).sort(compareKeys);
    const seen: string[] = [];
    const files: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ prefix, delimiter: '/', limit: 2, cursor });
      expect(page.objects.length + page.prefixes!.length).toBeLessThanOrEqual(2);
      seen.push(...page.prefixes!);
      files.push(...page.objects.map(({ key }) => key));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
    expect(files).toEqual([`${prefix}file`]);
    for (const [i, folder] of expected.entries()) {
      const page = await store.list({ prefix, delimiter: '/', startAfter: pastPrefix(folder) });
      expect(page.prefixes).toEqual(expected.slice(i + 1));
    }
  });

  it('tells size, etag and time in a listing, and metadata if asked for', async () => {
    const { store, prefix } = await fresh();
    await store.put(`${prefix}a`, bytes('12345'), {
      contentType: 'image/png',
      metadata: { group: 'größe' },
    });
    const head = (await store.head(`${prefix}a`))!;
    const [plain] = (await store.list({ prefix })).objects;
    expect(plain).toMatchObject({ key: `${prefix}a`, size: 5, etag: head.etag });
    expect(plain).not.toHaveProperty('metadata');
    expect(Math.abs(plain!.uploaded.getTime() - head.uploaded.getTime())).toBeLessThan(1_000);
    if (store.listsMetadata) {
      const [rich] = (await store.list({ prefix, metadata: true })).objects;
      expect(rich).toMatchObject({ contentType: 'image/png', metadata: { group: 'größe' } });
    } else {
      await expect(store.list({ prefix, metadata: true })).rejects.toMatchObject({ type: 'internal' });
    }
  });

  it('lists an empty prefix of nothing as one empty page', async () => {
    const { store, prefix } = await fresh();
    expect(await store.list({ prefix })).toEqual({ objects: [] });
    await expect(store.list({ prefix, limit: 0 })).rejects.toMatchObject({ type: 'bad-request' });
  });
}
