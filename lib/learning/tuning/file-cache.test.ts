import { mkdtempSync, readdirSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArrayFile, writeArrayFile } from './array-file.ts';
import { fileCache } from './file-cache-node.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'headwater-cache-'));
const filesOf = (folder: string) => readdirSync(folder).map((name) => join(folder, name));
const array = (n: number, at = 0) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + at));

describe('an array as a file', () => {
  it('comes back to the bit, whether its values are many or few', () => {
    const values = fc.oneof(
      fc.float32Array(),
      fc
        .array(fc.constantFrom(0, -0, 0.5, Number.NaN, Infinity), { maxLength: 300 })
        .map((list) => Float32Array.from(list)),
      fc
        .integer({ min: 1000, max: 3000 })
        .map((n) => Float32Array.from({ length: n }, (_, i) => (i * i) % 611)),
    );
    fc.assert(
      fc.property(values, (each) => {
        const back = readArrayFile(writeArrayFile(each))!;
        expect(new Uint32Array(back.buffer, back.byteOffset, back.length)).toEqual(
          new Uint32Array(each.buffer, each.byteOffset, each.length),
        );
      }),
    );
  });

  it('takes a quarter of the room where values are those of a 7-bit plan', () => {
    const map = Float32Array.from({ length: 14 * 14 * 64 }, (_, i) => ((i * 7919) % 128) * 0.047);
    expect(writeArrayFile(map).length).toBeLessThan(0.26 * map.byteLength + 512);
  });

  it('is nothing when it is cut short, or a byte of it is another', () => {
    const file = writeArrayFile(array(50));
    fc.assert(
      fc.property(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        expect(readArrayFile(file.slice(0, at))).toBeUndefined();
        expect(readArrayFile(file.with(at, file[at]! ^ change))).toBeUndefined();
      }),
    );
  });
});

describe('fileCache', () => {
  it('gives back what another process put there', async () => {
    const folder = newFolder();
    await (await fileCache(folder)).put('a key / with odd: signs', array(10));
    const later = await fileCache(folder);
    expect(await later.get('a key / with odd: signs')).toEqual(array(10));
    expect(await later.get('another')).toBeUndefined();
  });

  it('has never had a file that was damaged or cut short', async () => {
    const folder = newFolder();
    const cache = await fileCache(folder);
    await cache.put('cut', array(100));
    truncateSync(filesOf(folder)[0]!, 200);
    expect(await cache.get('cut')).toBeUndefined();
    await cache.put('cut', array(100, 1));
    expect(await cache.get('cut')).toEqual(array(100, 1));
  });

  it('takes away what a process left half written', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'x.part'), 'half');
    await fileCache(folder);
    expect(filesOf(folder)).toEqual([]);
  });

  it('keeps no more than its bound, and forgets nothing of its own for it', async () => {
    const folder = newFolder();
    const bytes = writeArrayFile(array(100)).length;
    const cache = await fileCache(folder, { maxBytes: 3 * bytes });
    for (let i = 0; i < 5; i++) await cache.put(`${i}`, array(100, i));
    const kept = await Promise.all([0, 1, 2, 3, 4].map(async (i) => (await cache.get(`${i}`)) !== undefined));
    expect(kept).toEqual([true, true, true, false, false]);
    expect(filesOf(folder).reduce((sum, path) => sum + statSync(path).size, 0)).toBe(3 * bytes);
  });

  it('lets what earlier trainings left make room, oldest first, but not what it has used itself', async () => {
    const folder = newFolder();
    const bytes = writeArrayFile(array(100)).length;
    const before = await fileCache(folder);
    for (const [i, name] of ['oldest', 'old', 'used'].entries()) {
      const known = new Set(filesOf(folder));
      await before.put(name, array(100, i));
      const path = filesOf(folder).find((each) => !known.has(each))!;
      utimesSync(path, i + 1, name === 'used' ? 1 : i + 2);
    }
    const cache = await fileCache(folder, { maxBytes: 3 * bytes });
    expect(await cache.get('used')).toBeDefined();
    await cache.put('new', array(100, 9));
    expect(await cache.get('oldest')).toBeUndefined();
    expect(await cache.get('old')).toBeDefined();
    await cache.put('newer', array(100, 10));
    expect(await cache.get('used')).toBeDefined();
    expect(await cache.get('new')).toEqual(array(100, 9));
  });

  it('is empty when cleared', async () => {
    const folder = newFolder();
    const cache = await fileCache(folder);
    await cache.put('a', array(3));
    await cache.clear();
    expect(filesOf(folder)).toEqual([]);
    expect(await cache.get('a')).toBeUndefined();
  });
});
