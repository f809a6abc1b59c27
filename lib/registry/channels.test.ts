import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Channels, ChannelsSchema, channelsKey, payloadTypes } from '../contract/index.ts';
import { memoryStore } from '../storage/index.ts';
import { fromJson, toJson } from '../tensors/index.ts';
import { seal } from '../trust/index.ts';
import { promoted, published, readChannels, rolledBack, writeChannels } from './channels.ts';
import { at, channelsOf, testKeys } from './testing.ts';

const head = 'birds';
const move = (sequenceFloor = 0) => ({ head, sequenceFloor, at });

type Action =
  | { do: 'publish'; version: number; expects: number | null }
  | { do: 'publish-as-expected'; version: number }
  | { do: 'promote'; version: number }
  | { do: 'roll-back'; version: number | null };

const version = fc.integer({ min: 1, max: 6 });
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('publish' as const), version, expects: fc.option(version) }),
  fc.record({ do: fc.constant('publish-as-expected' as const), version }),
  fc.record({ do: fc.constant('promote' as const), version }),
  fc.record({ do: fc.constant('roll-back' as const), version: fc.option(version) }),
);

/** What an action makes of the channels; the same channels where it is refused. */
function act(current: Channels | null, action: Action): Channels | null {
  const floor = current?.sequence ?? 0;
  switch (action.do) {
    case 'promote':
      return promoted(current, action.version, move(floor));
    case 'roll-back':
      try {
        return rolledBack(current, action.version, 'worse', move(floor));
      } catch {
        return current;
      }
    default: {
      const expected = action.do === 'publish' ? action.expects : (current?.stable ?? null);
      const outcome = published(current, action.version, expected, move(floor));
      return 'next' in outcome ? outcome.next : current;
    }
  }
}

describe('channels, whatever is done to them', () => {
  it('have a sequence that grows with every change, and stay within their schema', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        let current: Channels | null = null;
        for (const each of actions) {
          const next = act(current, each);
          if (next === current) continue;
          expect(next!.sequence).toBe((current?.sequence ?? 0) + 1);
          expect(ChannelsSchema.parse(next)).toEqual(next);
          expect(next!.history).not.toContain(next!.stable);
          expect(new Set(next!.history).size).toBe(next!.history.length);
          current = next;
        }
      }),
    );
  });

  it('never lose a pin to a job, and no job moves stable while it stands', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        let current: Channels | null = null;
        for (const each of actions) {
          const next = act(current, each);
          if (current?.pin && each.do.startsWith('publish')) expect(next).toBe(current);
          if (next && each.do === 'promote') expect(next.pin).toBeNull();
          current = next;
        }
      }),
    );
  });

  it('roll back step by step the way they came', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 20 }), (way) => {
        let current: Channels | null = null;
        for (const each of way) current = promoted(current, each, move());
        const back = [];
        for (let i = 1; i < way.length; i++) {
          current = rolledBack(current, null, 'worse', move());
          back.push(current.stable);
        }
        expect(back).toEqual(way.slice(0, -1).reverse());
        expect(() => rolledBack(current, null, 'worse', move())).toThrow(
          expect.objectContaining({ type: 'nothing-to-roll-back' }),
        );
      }),
    );
  });

  it('remember fifty earlier versions and no more', () => {
    let current: Channels | null = null;
    for (let v = 1; v <= 80; v++) current = promoted(current, v, move());
    expect(current!.history).toEqual(Array.from({ length: 50 }, (_, i) => 30 + i));
  });
});

describe('a job that publishes', () => {
  it('is held when stable is not what the job was told', () => {
    const current = channelsOf(head, 3, 2);
    expect(published(current, 4, 2, move())).toHaveProperty('next.stable', 4);
    for (const expected of [null, 1, 3])
      expect(published(current, 4, expected, move())).toHaveProperty('held');
    expect(published(null, 1, null, move())).toHaveProperty('next.stable', 1);
    expect(published(null, 1, 1, move())).toHaveProperty('held');
  });

  it('is held by channels that are older than ones seen before, and a person is not', () => {
    const old = channelsOf(head, 3, 2);
    expect(published(old, 4, 2, move(5))).toHaveProperty('held', expect.stringContaining('older'));
    expect(published(null, 4, null, move(5))).toHaveProperty('held', expect.stringContaining('none'));
    expect(promoted(old, 4, move(5)).sequence).toBe(6);
    expect(rolledBack(old, 1, 'worse', move(5)).sequence).toBe(6);
  });
});

describe('a rollback to a stated version', () => {
  it('does not let the next one lead forward again', () => {
    let current: Channels | null = null;
    for (const v of [1, 2, 3, 4]) current = promoted(current, v, move());
    current = rolledBack(current, 2, 'worse', move());
    expect(current).toMatchObject({ stable: 2, history: [1], pin: { version: 2, reason: 'worse', at } });
    expect(rolledBack(current, null, 'worse still', move())).toMatchObject({ stable: 1, history: [] });
  });
});

describe('stored channels', () => {
  it('are read back as they were written, with a compare-and-set for the next write', async () => {
    const store = memoryStore();
    const { signer, verifier } = await testKeys();
    expect(await readChannels(store, head, verifier)).toBeNull();
    const first = await writeChannels(store, channelsOf(head, 1, 1), null, signer);
    expect(await readChannels(store, head, verifier)).toEqual(first);
    expect(await writeChannels(store, channelsOf(head, 2, 2), null, signer)).toBeNull();
    expect(await writeChannels(store, channelsOf(head, 2, 2), first, signer)).not.toBeNull();
    expect(await writeChannels(store, channelsOf(head, 2, 3), first, signer)).toBeNull();
    expect((await readChannels(store, head, verifier))!.channels.stable).toBe(2);
  });

  it('are refused unsigned, tampered with, of another head, of another type, or signed by a stranger', async () => {
    const { signer, verifier } = await testKeys();
    const stranger = (await testKeys()).signer;
    const good = channelsOf(head, 1, 1);
    const sealed = await seal(payloadTypes.channels, good, signer);
    const tampered = {
      ...(fromJson(sealed) as object),
      payload: btoa(JSON.stringify({ ...good, stable: 2 })),
    };
    const bad: Record<string, Uint8Array> = {
      unsigned: toJson(good),
      tampered: toJson(tampered),
      empty: new Uint8Array(),
      'of another head': await seal(payloadTypes.channels, channelsOf('bees', 1, 1), signer),
      'of another type': await seal(payloadTypes.manifest, good, signer),
      'by a stranger': await seal(payloadTypes.channels, good, stranger),
      'of another shape': await seal(payloadTypes.channels, { ...good, sequence: 0 }, signer),
    };
    for (const [what, body] of Object.entries(bad)) {
      const store = memoryStore();
      await store.put(channelsKey(head), body);
      await expect(readChannels(store, head, verifier), what).rejects.toMatchObject({
        type: 'bad-signature',
      });
    }
  });
});
