// Claims of an Idempotency-Key, and what is made under them, over real SQLite.

import { beforeEach, describe, expect, it } from 'vitest';
import { parseKeyText } from '../../../lib/trust/index.ts';
import { keptMs, leaseMs, maxClaimsPerCaller } from './claim-table.ts';
import { createVaultWorld, root, start, type VaultWorld } from './testing/vault-node.ts';

let world: VaultWorld;
beforeEach(() => {
  world = createVaultWorld();
});

describe('a claim', () => {
  it('is running until it is answered, and then tells the answer', async () => {
    const claim = await world.claimed('k');
    expect(await world.vault.claim('caller', 'k', 'f')).toEqual({ state: 'running', retryAfterMs: leaseMs });
    const answer = { status: 202, location: '/v1/x', body: '{}' };
    world.vault.endClaim(claim, { end: 'answered', answer });
    world.restart();
    expect(await world.vault.claim('caller', 'k', 'f')).toEqual({ state: 'answered', answer });
  });

  it('is of one caller and one request', async () => {
    await world.claimed('k');
    expect(await world.vault.claim('caller', 'k', 'another')).toEqual({ state: 'mismatch' });
    expect(await world.vault.claim('another', 'k', 'f')).toMatchObject({ state: 'claimed' });
    expect(await world.vault.claim('caller', 'another', 'f')).toMatchObject({ state: 'claimed' });
  });

  it('that nobody ended is taken up after half a minute, as the same claim', async () => {
    const first = await world.claimed('k');
    world.now += leaseMs - 1;
    expect(await world.vault.claim('caller', 'k', 'f')).toMatchObject({ state: 'running' });
    world.now += 1;
    world.restart();
    expect(await world.claimed('k')).toEqual({ ...first, attempt: 2 });
  });

  it('whose outcome is unknown is taken up at once, as the same claim', async () => {
    const first = await world.claimed('k');
    world.vault.endClaim(first, { end: 'unknown' });
    expect(await world.claimed('k')).toEqual({ ...first, attempt: 2 });
  });

  it('that came to nothing is forgotten, with its fingerprint', async () => {
    const first = await world.claimed('k');
    world.vault.endClaim(first, { end: 'refused' });
    expect((await world.claimed('k', 'another')).ulid).not.toBe(first.ulid);
  });

  it('that came to nothing the second time is kept: the first time may have made something', async () => {
    const first = await world.claimed('k');
    world.now += leaseMs;
    world.vault.endClaim(await world.claimed('k'), { end: 'refused' });
    expect(await world.claimed('k')).toMatchObject({ ulid: first.ulid, attempt: 3 });
  });

  it('is not ended by an attempt that was given up, unless with an answer', async () => {
    const slow = await world.claimed('k');
    world.now += leaseMs;
    const second = await world.claimed('k');
    world.vault.endClaim(slow, { end: 'unknown' });
    world.vault.endClaim(slow, { end: 'refused' });
    expect(await world.vault.claim('caller', 'k', 'f')).toMatchObject({ state: 'running' });
    const answer = { status: 200, location: null, body: '{}' };
    world.vault.endClaim(slow, { end: 'answered', answer });
    world.vault.endClaim(second, { end: 'refused' });
    expect(await world.vault.claim('caller', 'k', 'f')).toEqual({ state: 'answered', answer });
  });

  it('is refused to a caller who has used too many; others are not', async () => {
    const many =
      'INSERT INTO claims SELECT ?1 || value, ?1 || value, ?2, ?1, ?1, ?3, 1, 0, 0, NULL FROM ' +
      'json_each(?4)';
    const numbers = JSON.stringify(Array.from({ length: maxClaimsPerCaller }, (_, n) => n));
    world.sql.exec(many, 'x', 'caller', world.now, numbers);
    await expect(world.claimed('k')).rejects.toMatchObject({ type: 'overloaded' });
    expect(await world.claimed('k', 'f', 'another')).toBeDefined();
  });

  it('is forgotten after a day, and with it what its secret was made of', async () => {
    const first = await world.claimed('k');
    world.now += keptMs;
    await world.claimed('other');
    expect(world.dump()).not.toContain(first.ulid);
    expect((await world.claimed('k')).seed).not.toBe(first.seed);
  });
});

describe('under a claim', () => {
  it('a key is made once, and told alike each time', async () => {
    const first = await world.create({ name: 'a' }, root, await world.claimed('k'));
    world.now += leaseMs;
    world.restart();
    const second = await world.create({ name: 'a' }, root, await world.claimed('k'));
    expect(second).toEqual(first);
    expect(world.vault.list(null, 10).rows).toHaveLength(1);
  });

  it('two attempts at once make one key', async () => {
    const claim = await world.claimed('k');
    const [a, b] = await Promise.all([world.create({}, root, claim), world.create({}, root, claim)]);
    expect(a).toEqual(b);
    expect(world.live()).toEqual([a.record.id]);
  });

  it('neither the secret nor what makes it without the Idempotency-Key lies in the database', async () => {
    const claim = await world.claimed('an Idempotency-Key');
    const { key } = await world.create({}, root, claim);
    for (const text of [parseKeyText(key)!.secret, claim.seed, 'an Idempotency-Key'])
      expect(world.dump()).not.toContain(text);
    expect(parseKeyText(key)!.secret).not.toBe(claim.seed);
  });

  it('a key that was revoked meanwhile is told as revoked and is not made again', async () => {
    const first = await world.create({}, root, await world.claimed('k'));
    world.vault.revoke(first.record.id);
    world.now += leaseMs;
    const second = await world.create({}, root, await world.claimed('k'));
    expect(second.record.revoked).toBe(start);
    expect(world.live()).toEqual([]);
  });

  it('a token is the same, later too', async () => {
    const first = await world.mint({ head: 'ants' }, root, await world.claimed('k'));
    world.now += leaseMs;
    expect(await world.mint({ head: 'ants' }, root, await world.claimed('k'))).toEqual(first);
  });

  it('secrets of different claims differ', async () => {
    const seeds = [
      await world.claimed('a'),
      await world.claimed('b'),
      await world.claimed('a', 'f', 'another caller'),
    ].map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(3);
    for (const seed of seeds) expect(seed).toMatch(/^[\w-]{43}$/);
  });
});
