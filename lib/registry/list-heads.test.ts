import { beforeEach, describe, expect, it } from 'vitest';
import { headKey } from '../contract/index.ts';
import { memoryStore, type ObjectStore } from '../storage/index.ts';
import { raiseFloor, readFloor } from './floors.ts';
import { claimHead } from './heads.ts';
import { headsOf, listHeadNames } from './list-heads.ts';
import { at, manifestOf } from './testing.ts';

let store: ObjectStore;
beforeEach(() => {
  store = memoryStore();
});

const claim = (head: string, dataset = 'ds') => {
  const { strategy, kind, backbone, codeSpaceDocument } = manifestOf(head, 1);
  const { taps } = codeSpaceDocument;
  const policy = { promote: 'stable' as const };
  return claimHead(store, { format: 1, head, dataset, strategy, kind, backbone, taps, policy, created: at });
};

async function walk(limit: number, meanwhile: (page: number) => Promise<unknown> = async () => {}) {
  const seen: string[] = [];
  let after: string | undefined;
  for (let page = 0; ; page++) {
    const { heads, last } = await listHeadNames(store, { after, limit });
    expect(heads.length).toBeLessThanOrEqual(limit);
    seen.push(...heads);
    if (last === null) return seen;
    after = last;
    await meanwhile(page);
  }
}

describe('a walk over heads', () => {
  const names = ['ant', 'ant 2', 'ant-2', 'ant.json', 'ant0', 'größe', '画像', '𠀀'];

  it('meets every head once, whatever is between them and however small the pages', async () => {
    for (const name of names) await claim(name);
    await store.put('heads/stray.json', new Uint8Array(1));
    await store.put('heads/ant/blobs/x', new Uint8Array(1));
    for (const limit of [1, 2, 3, 100]) expect((await walk(limit)).sort()).toEqual([...names].sort());
  });

  it('meets those that were there throughout once, whatever comes and goes meanwhile', async () => {
    for (const name of names) await claim(name);
    const seen = await walk(2, async (page) => {
      await claim(`a${page}`);
      await claim(`ant 2${page}`);
      await claim(`z${page}`);
    });
    for (const name of names) expect(seen.filter((other) => other === name)).toEqual([name]);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('the heads of a dataset', () => {
  it('are those that are bound to it; what is damaged is named and what is no head is left out', async () => {
    await claim('b');
    await claim('a');
    await claim('other', 'other');
    await store.put(headKey('broken'), new Uint8Array(1));
    await store.put('heads/left/blobs/x', new Uint8Array(1));
    const { heads, unreadable } = await headsOf(store, 'ds');
    expect(heads.map(({ head }) => head)).toEqual(['a', 'b']);
    expect(unreadable).toEqual(['broken']);
  });
});

describe('a floor', () => {
  it('only rises, each number by itself, and none counts as zeroes', async () => {
    expect(await readFloor(store, 'a')).toEqual({ version: 0, sequence: 0 });
    await raiseFloor(store, 'a', { version: 3, sequence: 5 }, at);
    expect(await raiseFloor(store, 'a', { version: 4, sequence: 2 }, at)).toEqual({
      version: 4,
      sequence: 5,
    });
    expect(await readFloor(store, 'a')).toEqual({ version: 4, sequence: 5 });
    await store.put('floors/a.json', new Uint8Array(1));
    expect(await readFloor(store, 'a')).toEqual({ version: 0, sequence: 0 });
  });
});
