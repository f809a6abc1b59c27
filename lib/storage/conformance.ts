// What every ObjectStore promises, as one suite that each driver runs: in Node, in workerd, over HTTP.
// Every test works under its own prefix, so that stores that outlive a test do no harm.

import { describe, expect, it } from 'vitest';
import { compareKeys } from './checks.ts';
import { describeListing } from './conformance-listing.ts';
import type { ObjectStore } from './object-store.ts';

export interface Conformant {
  store: ObjectStore;
  /** The same driver over the same bucket, but bodies of gets break off after this many bytes. */
  torn(bytes: number): ObjectStore | Promise<ObjectStore>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body);
const unavailable = { name: 'HeadwaterError', type: 'storage-unavailable', status: 503 };

/** Keys that break a driver which forgets to encode, decodes twice, or normalises. */
const trickyNames = [
  'plain',
  'with space',
  ' leading and trailing ',
  'a+b',
  '100%',
  'a%2Fb%20c%25',
  'quote\'"&<>;=?#@!$()*,:~|^`[]{}\\',
  'nested/deep/',
  'double//slash',
  'größe',
  'gro\u0308\u00dfe decomposed',
  'ไทย नमस्ते عربي',
  '画像',
  '\uffee',
  '🐜🐝',
  '...',
  '1e5',
];

/** Declares the suite. `make` is called once for each test. */
export function describeObjectStore(name: string, make: () => Conformant | Promise<Conformant>): void {
  let count = 0;
  const fresh = async () => {
    const prefix = `conformance/${name}/${Date.now().toString(36)}-${count++}/`;
    return { ...(await make()), prefix };
  };

  describe(`${name} as an ObjectStore`, () => {
    it('gives back what was put, byte for byte', async () => {
      const { store, prefix } = await fresh();
      const body = new Uint8Array(300_001).map((_, i) => i * 7);
      const before = Date.now();
      const put = await store.put(`${prefix}a`, body, { contentType: 'image/jpeg' });
      const got = await store.get(`${prefix}a`);
      expect(got?.body).toEqual(body);
      expect(got).toMatchObject({
        key: `${prefix}a`,
        size: 300_001,
        etag: put!.etag,
        contentType: 'image/jpeg',
      });
      expect(got?.metadata).toEqual({});
      // HTTP dates have whole seconds.
      expect(Math.abs(got!.uploaded.getTime() - before)).toBeLessThan(60_000);
      const { body: _, ...told } = got!;
      expect(await store.head(`${prefix}a`)).toEqual(told);
    });

    it('answers null for what is missing', async () => {
      const { store, prefix } = await fresh();
      expect(await store.get(`${prefix}a`)).toBeNull();
      expect(await store.get(`${prefix}a`, { range: { offset: 3, length: 0 } })).toBeNull();
      expect(await store.get(`${prefix}a`, { range: { offset: 3, length: 4 } })).toBeNull();
      expect(await store.head(`${prefix}a`)).toBeNull();
    });

    it('keeps an empty body', async () => {
      const { store, prefix } = await fresh();
      await store.put(`${prefix}a`, new Uint8Array(0));
      expect(await store.get(`${prefix}a`)).toMatchObject({ size: 0, body: new Uint8Array(0) });
      expect((await store.get(`${prefix}a`, { range: { offset: 0, length: 5 } }))?.body.length).toBe(0);
    });

    it('overwrites body, type and metadata together, and changes the etag', async () => {
      const { store, prefix } = await fresh();
      const first = await store.put(`${prefix}a`, bytes('one'), {
        contentType: 'text/a',
        metadata: { x: '1' },
      });
      const second = await store.put(`${prefix}a`, bytes('other'), {
        contentType: 'text/b',
        metadata: { y: '2' },
      });
      expect(second!.etag).not.toBe(first!.etag);
      const got = await store.get(`${prefix}a`);
      expect(text(got?.body)).toBe('other');
      expect(got).toMatchObject({ etag: second!.etag, contentType: 'text/b', metadata: { y: '2' } });
      expect(got?.metadata).not.toHaveProperty('x');
    });

    it('writes the part of a buffer that a view shows, not the whole buffer', async () => {
      const { store, prefix } = await fresh();
      await store.put(`${prefix}a`, bytes('0123456789').subarray(3, 6));
      expect(text((await store.get(`${prefix}a`))?.body)).toBe('345');
    });

    it('creates only what is absent', async () => {
      const { store, prefix } = await fresh();
      const put = await store.put(`${prefix}a`, bytes('one'), { onlyIf: { absent: true } });
      expect(put).not.toBeNull();
      expect(await store.put(`${prefix}a`, bytes('two'), { onlyIf: { absent: true } })).toBeNull();
      expect(text((await store.get(`${prefix}a`))?.body)).toBe('one');
      await store.delete(`${prefix}a`);
      expect(await store.put(`${prefix}a`, bytes('two'), { onlyIf: { absent: true } })).not.toBeNull();
    });

    it('lets exactly one of many concurrent creations win, and keeps the winner', async () => {
      const { store, prefix } = await fresh();
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          store.put(`${prefix}a`, bytes(`writer ${i}`), { onlyIf: { absent: true } }),
        ),
      );
      const winners = answers.flatMap((answer, i) => (answer ? [i] : []));
      expect(winners).toHaveLength(1);
      expect(text((await store.get(`${prefix}a`))?.body)).toBe(`writer ${winners[0]}`);
    });

    it('compares and sets by etag', async () => {
      const { store, prefix } = await fresh();
      const first = (await store.put(`${prefix}a`, bytes('1')))!;
      const second = await store.put(`${prefix}a`, bytes('2'), { onlyIf: { etag: first.etag } });
      expect(second).not.toBeNull();
      expect(await store.put(`${prefix}a`, bytes('3'), { onlyIf: { etag: first.etag } })).toBeNull();
      expect(text((await store.get(`${prefix}a`))?.body)).toBe('2');
      expect((await store.head(`${prefix}a`))?.etag).toBe(second!.etag);
    });

    it('does not set by etag what is missing', async () => {
      const { store, prefix } = await fresh();
      const { etag } = (await store.put(`${prefix}a`, bytes('1')))!;
      await store.delete(`${prefix}a`);
      expect(await store.put(`${prefix}a`, bytes('2'), { onlyIf: { etag } })).toBeNull();
      expect(await store.head(`${prefix}a`)).toBeNull();
    });

    it('loses no increment of a counter that many move by compare-and-set', async () => {
      const { store, prefix } = await fresh();
      await store.put(`${prefix}n`, bytes('0'));
      const increment = async () => {
        for (;;) {
          const now = (await store.get(`${prefix}n`))!;
          const next = bytes(String(Number(text(now.body)) + 1));
          if (await store.put(`${prefix}n`, next, { onlyIf: { etag: now.etag } })) return;
        }
      };
      await Promise.all(Array.from({ length: 5 }, increment));
      expect(text((await store.get(`${prefix}n`))?.body)).toBe('5');
    });

    it('reads ranges, cut at the end of the object', async () => {
      const { store, prefix } = await fresh();
      await store.put(`${prefix}a`, bytes('0123456789'), { metadata: { k: 'v' } });
      const read = async (offset: number, length?: number) => {
        const got = await store.get(`${prefix}a`, { range: { offset, length } });
        expect(got).toMatchObject({ size: 10, metadata: { k: 'v' } });
        return text(got?.body);
      };
      expect(await read(0)).toBe('0123456789');
      expect(await read(2, 3)).toBe('234');
      expect(await read(7)).toBe('789');
      expect(await read(7, 100)).toBe('789');
      expect(await read(9, 1)).toBe('9');
      expect(await read(3, 0)).toBe('');
      expect(await read(10)).toBe('');
      expect(await read(11, 5)).toBe('');
      await expect(store.get(`${prefix}a`, { range: { offset: -1 } })).rejects.toMatchObject({
        type: 'bad-request',
      });
    });

    it('keeps metadata of any script, spaces and percent signs', async () => {
      const { store, prefix } = await fresh();
      const metadata = {
        group: 'Ameise № 3, größe',
        subject: ' 🐜 नमस्ते ',
        percent: '100% %20 %zz',
        decomposed: 'o\u0308',
        empty: '',
        lines: 'a\r\nb\tc\u0000',
      };
      await store.put(`${prefix}a`, bytes('x'), { metadata });
      expect((await store.head(`${prefix}a`))?.metadata).toEqual(metadata);
      expect((await store.get(`${prefix}a`))?.metadata).toEqual(metadata);
      const tooMuch = store.put(`${prefix}b`, bytes('x'), { metadata: { long: 'ü'.repeat(400) } });
      await expect(tooMuch).rejects.toMatchObject({ type: 'bad-request' });
      const badName = store.put(`${prefix}b`, bytes('x'), { metadata: { 'Not a name': '' } });
      await expect(badName).rejects.toMatchObject({ type: 'invalid-name' });
    });

    it('keeps keys byte for byte, whatever they hold', async () => {
      const { store, prefix } = await fresh();
      for (const [i, tricky] of trickyNames.entries()) await store.put(prefix + tricky, bytes(String(i)));
      for (const [i, tricky] of trickyNames.entries()) {
        expect(text((await store.get(prefix + tricky))?.body), tricky).toBe(String(i));
        expect((await store.head(prefix + tricky))?.key).toBe(prefix + tricky);
        expect((await store.list({ prefix: prefix + tricky })).objects.map((o) => o.key)).toContain(
          prefix + tricky,
        );
      }
      const listed = (await store.list({ prefix })).objects.map((object) => object.key.slice(prefix.length));
      expect(listed).toEqual([...trickyNames].sort(compareKeys));
      await store.delete(trickyNames.map((tricky) => prefix + tricky));
      expect((await store.list({ prefix })).objects).toEqual([]);
    });

    it('takes a composed and a decomposed name for two objects', async () => {
      const { store, prefix } = await fresh();
      await store.put(`${prefix}\u00f6`, bytes('composed'));
      await store.put(`${prefix}o\u0308`, bytes('decomposed'));
      expect(text((await store.get(`${prefix}\u00f6`))?.body)).toBe('composed');
      expect(text((await store.get(`${prefix}o\u0308`))?.body)).toBe('decomposed');
      await store.delete(`${prefix}o\u0308`);
      expect(await store.head(`${prefix}\u00f6`)).not.toBeNull();
    });

    it('refuses keys that some store could not keep', async () => {
      const { store } = await fresh();
      const bad = ['', 'a/../b', './a', 'a\nb', '\ud800', 'ü'.repeat(513)];
      for (const key of bad) {
        await expect(store.put(key, bytes('x')), key).rejects.toMatchObject({ type: 'invalid-name' });
        await expect(store.get(key), key).rejects.toMatchObject({ type: 'invalid-name' });
        await expect(store.delete([key]), key).rejects.toMatchObject({ type: 'invalid-name' });
      }
    });

    describeListing(fresh);

    it('deletes once or twice, one or many, and nothing else', async () => {
      const { store, prefix } = await fresh();
      for (const each of ['a', 'b', 'c', 'd']) await store.put(prefix + each, bytes(each));
      await store.delete(`${prefix}a`);
      await store.delete(`${prefix}a`);
      await store.delete([`${prefix}b`, `${prefix}c`, `${prefix}never there`]);
      await store.delete([]);
      expect((await store.list({ prefix })).objects.map((object) => object.key)).toEqual([`${prefix}d`]);
    });

    it('never takes a torn body for a whole one', async () => {
      const { store, torn, prefix } = await fresh();
      await store.put(`${prefix}a`, bytes('0123456789'));
      const broken = await torn(4);
      await expect(broken.get(`${prefix}a`)).rejects.toMatchObject(unavailable);
      await expect(broken.get(`${prefix}a`, { range: { offset: 1, length: 8 } })).rejects.toMatchObject(
        unavailable,
      );
      expect(text((await store.get(`${prefix}a`))?.body)).toBe('0123456789');
    });
  });
}
