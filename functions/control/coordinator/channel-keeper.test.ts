import { describe, expect, it } from 'vitest';
import { type Channels, channelsKey, versionKey } from '../../../lib/contract/index.ts';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { promoted, publicChannels, readChannels, writeManifest } from '../../../lib/registry/index.ts';
import { channelsOf, manifestOf, putChannels } from '../../../lib/registry/testing.ts';
import { memoryStore, type ObjectStore } from '../../../lib/storage/index.ts';
import { toJson } from '../../../lib/tensors/index.ts';
import { promoteVersion, rollBackVersion } from './going-live.ts';
import { createParts, deaths, keys, mortalStore, type Parts, untilDeath } from './testing/parts-node.ts';

const head = 'birds';
const moveTo = ({ channels }: Parts, version: number) =>
  channels.move(head, (current, move) => ({ next: promoted(current, version, move) }));
const stored = async (store: ObjectStore): Promise<Channels | null> =>
  (await readChannels(store, head, keys.verifier))?.channels ?? null;

/** A bucket with three versions, made stable one after the other. */
async function threeVersions() {
  const [sql, bucket] = [memorySql(), memoryStore()];
  for (const version of [1, 2, 3]) {
    await writeManifest(bucket, manifestOf(head, version), keys.signer);
    await moveTo(createParts(sql, bucket), version);
  }
  return { sql, bucket, parts: createParts(sql, bucket) };
}

describe('moving channels', () => {
  it('writes nothing without a decision to, and says why if it is told', async () => {
    const parts = createParts();
    expect(await parts.channels.move(head, () => null)).toBeNull();
    expect(await parts.channels.move(head, () => ({ held: 'because' }))).toBe('because');
    expect(await parts.channels.read(head)).toBeNull();
    expect(parts.journal.sequence(head)).toBe(0);
  });

  it('does one move after the other, none lost, and writes a key at most once a second', async () => {
    const parts = createParts();
    const began = parts.clock.now;
    await Promise.all(Array.from({ length: 5 }, (_, i) => moveTo(parts, i + 1)));
    expect(await stored(parts.store)).toMatchObject({ sequence: 5, stable: 5, history: [1, 2, 3, 4] });
    expect(parts.clock.now - began).toBe(4000);
  });

  it('decides anew on what another writer has put there meanwhile', async () => {
    const bucket = memoryStore();
    let intrusions = 3;
    const parts = createParts(undefined, {
      ...bucket,
      async put(key, body, options) {
        if (intrusions-- > 0) {
          const sequence = ((await stored(bucket))?.sequence ?? 0) + 1;
          await putChannels(bucket, channelsOf(head, sequence, 50 + sequence), keys);
        }
        return bucket.put(key, body, options);
      },
    });
    const seen: (number | null | undefined)[] = [];
    await parts.channels.move(head, (current, move) => {
      seen.push(current?.stable);
      return { next: promoted(current, 9, move) };
    });
    expect(seen).toEqual([undefined, 51, 52, 53]);
    expect(await stored(bucket)).toMatchObject({ sequence: 4, stable: 9, history: [53] });
  });

  it('keeps the sequence growing when storage has forgotten the document', async () => {
    const { bucket, parts } = await threeVersions();
    await bucket.delete(channelsKey(head));
    await moveTo(parts, 2);
    expect(await stored(bucket)).toMatchObject({ sequence: 4, stable: 2 });
  });

  it('catches up with a sequence that a crash kept from the journal', async () => {
    const [sql, bucket] = [memorySql(), memoryStore()];
    const mortal = mortalStore(bucket, 2, 'dies-after');
    await untilDeath(moveTo(createParts(sql, mortal), 1), mortal);
    const again = createParts(sql, bucket);
    expect(await again.channels.move(head, () => null)).toBeNull();
    expect(again.journal.sequence(head)).toBe(1);
  });
});

describe('a person', () => {
  it('promotes a version that is there, and none that is missing or not signed here', async () => {
    const { bucket, parts } = await threeVersions();
    expect(await promoteVersion(parts, head, 1)).toMatchObject({ stable: 1, pin: null });
    await expect(promoteVersion(parts, head, 9)).rejects.toMatchObject({ type: 'not-found' });
    await bucket.put(versionKey(head, 7), toJson(manifestOf(head, 7)));
    await expect(promoteVersion(parts, head, 7)).rejects.toMatchObject({ type: 'bad-signature' });
    await expect(rollBackVersion(parts, head, 7, 'why')).rejects.toMatchObject({ type: 'bad-signature' });
    expect((await stored(bucket))!.stable).toBe(1);
  });

  it('rolls back with a pin, which a promotion lifts', async () => {
    const { parts } = await threeVersions();
    expect(await rollBackVersion(parts, head, null, 'worse')).toMatchObject({
      stable: 2,
      pin: { version: 2, reason: 'worse' },
    });
    expect(await rollBackVersion(parts, head, null, 'worse')).toMatchObject({ stable: 1 });
    await expect(rollBackVersion(parts, head, null, 'worse')).rejects.toMatchObject({
      type: 'nothing-to-roll-back',
    });
    expect(await promoteVersion(parts, head, 3)).toMatchObject({ stable: 3, pin: null });
  });

  it('is not told of the history', () => {
    expect(publicChannels(null)).toBeNull();
    expect(publicChannels(channelsOf(head, 1, 1))).not.toHaveProperty('history');
  });

  it('rolls back one step and not two when the answer of the write gets lost', async () => {
    const { sql, bucket } = await threeVersions();
    const mortal = mortalStore(bucket, 3, 'lost-answer');
    expect(await rollBackVersion(createParts(sql, mortal), head, null, 'worse')).toMatchObject({ stable: 2 });
    expect(createParts(sql, bucket).journal.sequence(head)).toBe(4);
  });

  it('rolls back one step when the driver repeated the write and met its own', async () => {
    const { sql, bucket } = await threeVersions();
    const parts = createParts(sql, {
      ...bucket,
      put: (key, body, options) => bucket.put(key, body, options).then(() => bucket.put(key, body, options)),
    });
    expect(await rollBackVersion(parts, head, null, 'worse')).toMatchObject({ stable: 2, sequence: 4 });
  });

  it('hears of a failure that left the channels as they were', async () => {
    const { sql, bucket } = await threeVersions();
    const mortal = mortalStore(bucket, 2, 'fail-before');
    await expect(rollBackVersion(createParts(sql, mortal), head, null, 'worse')).rejects.toMatchObject({
      type: 'storage-unavailable',
    });
    expect(await stored(bucket)).toMatchObject({ sequence: 3, stable: 3 });
  });

  it('never undoes a rollback by dying in it', async () => {
    for (const death of deaths)
      for (let call = 1; call <= 4; call++) {
        const { sql, bucket } = await threeVersions();
        const mortal = mortalStore(bucket, call, death);
        await untilDeath(rollBackVersion(createParts(sql, mortal), head, 1, 'worse'), mortal);
        const now = (await stored(bucket))!;
        expect([1, 3], `${death} ${call}`).toContain(now.stable);
        expect(now.pin !== null, `${death} ${call}`).toBe(now.stable === 1);
        await rollBackVersion(createParts(sql, bucket), head, 1, 'worse');
        expect(await stored(bucket)).toMatchObject({ stable: 1, pin: { version: 1 } });
      }
  });
});
