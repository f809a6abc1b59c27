// A rollback or promotion that is asked for again under the same claim, wherever the process died in between.

import { describe, expect, it } from 'vitest';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { promoted, readChannels, writeManifest } from '../../../lib/registry/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { memoryStore } from '../../../lib/storage/index.ts';
import { promoteVersion, rollBackVersion } from './going-live.ts';
import { createParts, deaths, keys, mortalStore, untilDeath } from './testing/parts-node.ts';

const head = 'birds';
const claim = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const otherClaim = '01BX5ZZKBKACTAV9WEVGEMMVRZ';

/** A bucket with four versions, made stable one after the other. */
async function fourVersions() {
  const [sql, bucket] = [memorySql(), memoryStore()];
  const parts = createParts(sql, bucket);
  for (const version of [1, 2, 3, 4]) {
    await writeManifest(bucket, manifestOf(head, version), keys.signer);
    await parts.channels.move(head, (current, move) => ({ next: promoted(current, version, move) }));
  }
  const stable = async () => (await readChannels(bucket, head, keys.verifier))!.channels.stable;
  return { sql, bucket, stable };
}

describe('a rollback under a claim', () => {
  it('that is repeated goes back by one version only', async () => {
    const { sql, bucket, stable } = await fourVersions();
    const parts = createParts(sql, bucket);
    await rollBackVersion(parts, head, null, 'worse', claim);
    await rollBackVersion(parts, head, null, 'worse', claim);
    await rollBackVersion(createParts(sql, bucket), head, null, 'worse', claim);
    expect(await stable()).toBe(3);
    await rollBackVersion(parts, head, null, 'worse', otherClaim);
    expect(await stable()).toBe(2);
    await rollBackVersion(parts, head, null, 'worse');
    expect(await stable()).toBe(1);
  });

  it.each(deaths)('that is repeated after a %s at any call goes back by one version only', async (death) => {
    for (let at = 1; at <= 4; at++) {
      const { sql, bucket, stable } = await fourVersions();
      const mortal = mortalStore(bucket, at, death);
      await untilDeath(rollBackVersion(createParts(sql, mortal), head, null, 'worse', claim), mortal);
      await rollBackVersion(createParts(sql, bucket), head, null, 'worse', claim);
      expect(await stable(), `call ${at}`).toBe(3);
    }
  });

  it.each(deaths)('is not done over what others did after a %s, if it had been done', async (death) => {
    for (let at = 1; at <= 4; at++) {
      const { sql, bucket, stable } = await fourVersions();
      const mortal = mortalStore(bucket, at, death);
      await untilDeath(rollBackVersion(createParts(sql, mortal), head, null, 'worse', claim), mortal);
      const wasDone = (await stable()) === 3;
      const parts = createParts(sql, bucket);
      await promoteVersion(parts, head, 2);
      await rollBackVersion(parts, head, null, 'worse', claim);
      // Done before: what was promoted since stands. Not done: it goes back from there.
      expect(await stable(), `call ${at}`).toBe(wasDone ? 2 : 4);
    }
  });
});

it('a promotion under a claim is not repeated over a later one', async () => {
  const { sql, bucket, stable } = await fourVersions();
  const parts = createParts(sql, bucket);
  await promoteVersion(parts, head, 1, claim);
  await promoteVersion(parts, head, 2);
  await promoteVersion(parts, head, 1, claim);
  expect(await stable()).toBe(2);
});

it('claims that are done are forgotten after a day', async () => {
  const { sql, bucket } = await fourVersions();
  const parts = createParts(sql, bucket);
  await promoteVersion(parts, head, 1, claim);
  parts.clock.now += 26 * 3_600_000;
  await promoteVersion(parts, head, 2, otherClaim);
  expect(parts.journal.fact('moves-done')).toContain(otherClaim);
  expect(parts.journal.fact('moves-done')).not.toContain(claim);
});
