import { beforeEach, describe, expect, it } from 'vitest';
import { createTime } from '../../test/support/virtual-time.ts';
import { backboneKey, currentBackboneKey } from '../contract/index.ts';
import { faultyStore, memoryStore } from '../storage/index.ts';
import { namedCodeSpace, tapOf } from './backbone.ts';
import { createBackboneLibrary } from './backbone-library.ts';
import type { MadeBackbone } from './make-backbone.ts';
import { makeTiny } from './testing/tiny-node.ts';

const made = await Promise.all([1, 2, 3].map((seed) => makeTiny(seed, 8)));
const [one, two, three] = made as [MadeBackbone, MadeBackbone, MadeBackbone];
let time: ReturnType<typeof createTime>;
let inner: ReturnType<typeof memoryStore>;
let reads: string[];
let store: ReturnType<typeof faultyStore>;

beforeEach(async () => {
  time = createTime();
  inner = memoryStore();
  reads = [];
  store = faultyStore(inner, {
    plan: ({ operation, key }) => {
      if (operation === 'get') reads.push(key);
      return undefined;
    },
  });
  for (const each of [two, three]) {
    await inner.put(backboneKey(each.card.name, each.digest), each.file);
    await pointAt(each.card.name, each.digest);
  }
});

const pointAt = (name: string, digest: string) =>
  inner.put(
    currentBackboneKey(name),
    new TextEncoder().encode(
      JSON.stringify({ format: 1, name, digest, updated: '2026-01-01T00:00:00.000Z' }),
    ),
  );

const library = (options: { budgetBytes?: number; bundled?: boolean } = {}) =>
  createBackboneLibrary({
    store,
    clock: time.clock,
    sleep: time.sleep,
    budgetBytes: options.budgetBytes,
    bundled: options.bundled === false ? undefined : { name: 'tiny 1', digest: one.digest, file: one.file },
  });

describe('a backbone library', () => {
  it('gives the bundled backbone without reading anything, by default, by name and by digest', async () => {
    const backbones = library();
    const byDefault = await backbones.byName();
    expect(byDefault.digest).toBe(one.digest);
    expect(await backbones.byName('tiny 1')).toBe(byDefault);
    expect(await backbones.byDigest('tiny 1', one.digest)).toBe(byDefault);
    expect(reads).toEqual([]);
  });

  it('reads another once, and which file its name stands for every ten seconds', async () => {
    const backbones = library();
    const first = await backbones.byName('tiny 2');
    expect(await backbones.byName('tiny 2')).toBe(first);
    expect(reads).toHaveLength(2);
    await pointAt('tiny 2', three.digest);
    await inner.put(backboneKey('tiny 2', three.digest), three.file);
    expect((await backbones.byName('tiny 2')).digest).toBe(two.digest);
    await time.pass(10_000);
    expect((await backbones.byName('tiny 2')).digest).toBe(three.digest);
    expect((await backbones.byDigest('tiny 2', two.digest)).digest).toBe(two.digest);
  });

  it('refuses a name or a file that is not there, saying which', async () => {
    const backbones = library();
    await expect(backbones.byName('no net')).rejects.toMatchObject({ type: 'unknown-backbone' });
    await expect(backbones.byDigest('tiny 2', '0'.repeat(64))).rejects.toMatchObject({
      type: 'code-space-unavailable',
    });
    await expect(library({ bundled: false }).byName()).rejects.toMatchObject({ type: 'unknown-backbone' });
  });

  it('refuses a file that is not what its digest says, and takes it once it is mended', async () => {
    const backbones = library();
    await inner.put(backboneKey('tiny 2', two.digest), three.file);
    await expect(backbones.byName('tiny 2')).rejects.toMatchObject({ type: 'digest-mismatch' });
    await inner.put(backboneKey('tiny 2', two.digest), two.file);
    expect((await backbones.byName('tiny 2')).digest).toBe(two.digest);
  });

  it('lets the least recently used one go when they hold too much, the bundled one never', async () => {
    const backbones = library({ budgetBytes: two.file.length + 1 });
    await backbones.byName();
    await backbones.byName('tiny 2');
    await time.pass(1);
    await backbones.byName('tiny 3');
    const loaded = async () => (await backbones.list()).filter((row) => row.loaded).map(({ name }) => name);
    expect(await loaded()).toEqual(['tiny 1', 'tiny 3']);
    await time.pass(1);
    expect((await backbones.byName('tiny 2')).digest).toBe(two.digest);
    expect(await loaded()).toEqual(['tiny 1', 'tiny 2']);
  });

  it('keeps one that is larger than the budget while it is the one in use', async () => {
    const backbones = library({ budgetBytes: 1 });
    expect(await backbones.byName('tiny 2')).toBe(await backbones.byName('tiny 2'));
  });

  it('leaves a name whose note is damaged out of its list, and says so to whoever asks for it', async () => {
    await inner.put(currentBackboneKey('tiny 2'), new TextEncoder().encode('{"digest":'));
    const names = (await library().list()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['tiny 1', 'tiny 3']));
    expect(names).not.toContain('tiny 2');
    await expect(library().byName('tiny 2')).rejects.toMatchObject({ type: 'invalid-file' });
  });

  it('lists what is bundled and what lies in the bucket', async () => {
    await inner.put('backbones/tiny 9/half-uploaded.safetensors', new Uint8Array());
    const rows = await library().list();
    expect(rows.map(({ name, digest }) => [name, digest])).toEqual([
      ['tiny 1', one.digest],
      ['tiny 2', two.digest],
      ['tiny 3', three.digest],
    ]);
  });
});

describe('a code space', () => {
  it('differs by backbone and by tap, and is the same in every library', async () => {
    const digestOf = async (name: string, tap?: string) => {
      const backbone = await library().byName(name);
      return (await namedCodeSpace(backbone, [tapOf(backbone, tap)])).digest;
    };
    const all = [await digestOf('tiny 1'), await digestOf('tiny 2'), await digestOf('tiny 2', 'final:pre')];
    expect(new Set(all).size).toBe(3);
    expect(await digestOf('tiny 2', 'final')).toBe(all[1]);
    await expect(digestOf('tiny 2', 'nowhere')).rejects.toMatchObject({ type: 'unknown-tap' });
  });
});
