import { beforeEach, describe, expect, it } from 'vitest';
import { createTime } from '../../test/support/virtual-time.ts';
import { backboneKey, currentBackboneKey, quantisationKey } from '../contract/index.ts';
import { faultyStore, memoryStore } from '../storage/index.ts';
import { float32 } from './arithmetic.ts';
import { codeSpaceOf, defaultTapOf, namedCodeSpace, tapOf } from './backbone.ts';
import { createBackboneLibrary } from './backbone-library.ts';
import type { MadeBackbone } from './make-backbone.ts';
import { createMemoryBudget } from './memory-budget.ts';
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

const pointAt = (name: string, digest: string, more: object = {}) =>
  inner.put(
    currentBackboneKey(name),
    new TextEncoder().encode(
      JSON.stringify({ format: 1, name, digest, updated: '2026-01-01T00:00:00.000Z', ...more }),
    ),
  );

const library = (options: { maxBytes?: number; bundled?: boolean } = {}) =>
  createBackboneLibrary({
    store,
    clock: time.clock,
    sleep: time.sleep,
    memory: createMemoryBudget({ clock: time.clock, sleep: time.sleep, maxBytes: options.maxBytes }),
    bundled: options.bundled === false ? undefined : { name: 'tiny 1', digest: one.digest, file: one.file },
  });

describe('a backbone library', () => {
  it('gives the bundled backbone without reading anything, by default, by name and by digest', async () => {
    const backbones = library();
    const byDefault = await backbones.byName();
    expect(byDefault.digest).toBe(one.digest);
    expect((await backbones.byName('tiny 1')).card).toBe(byDefault.card);
    expect((await backbones.byDigest('tiny 1', one.digest)).card).toBe(byDefault.card);
    expect(reads).toEqual([]);
  });

  it('reads another once, and which file its name stands for every ten seconds', async () => {
    const backbones = library();
    const first = await backbones.byName('tiny 2');
    expect((await backbones.byName('tiny 2')).card).toBe(first.card);
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

  it('lets the file that was used longest ago go when they hold too much, and keeps its card', async () => {
    const backbones = library({ maxBytes: 1.5 * two.file.length });
    const fileReads = () => reads.filter((key) => key.endsWith('.safetensors')).length;
    const [second, third] = [await backbones.byName('tiny 2'), await backbones.byName('tiny 3')];
    expect(fileReads()).toBe(2);
    await third.materials(null);
    await backbones.byName('tiny 2');
    expect(fileReads()).toBe(2);
    await second.materials(null);
    await second.materials(null);
    expect(fileReads()).toBe(3);
  });

  it('refuses a file that can never fit before it is fetched', async () => {
    const backbones = library({ maxBytes: 100 });
    await expect(backbones.byName('tiny 2')).rejects.toMatchObject({ type: 'backbone-too-large' });
    expect(reads).toEqual([currentBackboneKey('tiny 2')]);
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

describe('the arithmetic of a backbone', () => {
  const quantisation = 'a'.repeat(64);
  const int8 = { kind: 'int8', quantisation } as const;

  it('is what its note says, and float32 for a file that the note has left', async () => {
    await pointAt('tiny 2', two.digest, { arithmetic: 'int8', quantisation });
    const backbones = library();
    expect((await backbones.byName('tiny 2')).arithmetic).toEqual(int8);
    expect((await backbones.byDigest('tiny 2', two.digest)).arithmetic).toEqual(int8);
    await inner.put(backboneKey('tiny 2', three.digest), three.file);
    expect((await backbones.byDigest('tiny 2', three.digest)).arithmetic).toEqual(float32);
  });

  it('leaves older spaces to be served: float32, and any quantisation that still lies in storage', async () => {
    await pointAt('tiny 2', two.digest, { arithmetic: 'int8', quantisation });
    const backbones = library();
    const backbone = await backbones.byName('tiny 2');
    const taps = [defaultTapOf(backbone)];
    const inFloat32 = codeSpaceOf({ ...backbone, arithmetic: float32 }, taps);
    expect((await backbones.placeAt('tiny 2', inFloat32, 'fill')).arithmetic).toEqual(float32);
    const inInt8 = codeSpaceOf(backbone, taps);
    await expect(backbones.placeAt('tiny 2', inInt8, 'serve')).rejects.toMatchObject({
      type: 'code-space-unavailable',
    });
    await inner.put(quantisationKey('tiny 2', two.digest, quantisation), new Uint8Array(1));
    expect((await backbones.placeAt('tiny 2', inInt8, 'serve')).arithmetic).toEqual(int8);
  });

  it('gives no quantisation that is not what its digest says', async () => {
    await inner.put(quantisationKey('tiny 2', two.digest, quantisation), new Uint8Array(1));
    const backbone = await library().byName('tiny 2');
    await expect(backbone.materials(quantisation)).rejects.toMatchObject({ type: 'digest-mismatch' });
  });
});

describe('a code space', () => {
  it('differs by backbone and by tap, and is the same in every library', async () => {
    const digestOf = async (name: string, tap?: string) => {
      const backbone = await library().byName(name);
      return (await namedCodeSpace(backbone, [await tapOf(backbone, tap)])).digest;
    };
    const all = [await digestOf('tiny 1'), await digestOf('tiny 2'), await digestOf('tiny 2', 'final:pre')];
    expect(new Set(all).size).toBe(3);
    expect(await digestOf('tiny 2', 'final')).toBe(all[1]);
    await expect(digestOf('tiny 2', 'nowhere')).rejects.toMatchObject({ type: 'unknown-tap' });
  });
});
