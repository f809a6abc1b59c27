// The key vault over real SQLite.

import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../lib/tensors/index.ts';
import { openToken, parseKeyText } from '../../../lib/trust/index.ts';
import { maxKeys } from './key-table.ts';
import { maxOriginsPerIssuer } from './origin-table.ts';
import {
  createVaultWorld,
  hourMs,
  makerOf,
  root,
  start,
  tokenKeys,
  type VaultWorld,
} from './testing/vault-node.ts';

let world: VaultWorld;
beforeEach(() => {
  world = createVaultWorld();
});

describe('a new key', () => {
  it('is told once, and stays nowhere', async () => {
    const { record, key } = await world.create({
      name: 'phone backend',
      scopes: ['teach', 'infer'],
      dataset: 'ds',
    });
    const { id, secret } = parseKeyText(key)!;
    expect(record).toEqual({
      id,
      name: 'phone backend',
      scopes: ['infer', 'teach'],
      head: null,
      dataset: 'ds',
      created: start,
      expires: null,
      revoked: null,
      madeBy: root.keyId,
    });
    expect(world.vault.ring(null)!.keys).toEqual([
      {
        id,
        sha256: await sha256(secret),
        scopes: ['infer', 'teach'],
        head: null,
        dataset: 'ds',
        expires: null,
      },
    ]);
    expect(world.dump()).not.toContain(secret);
    expect(JSON.stringify([world.vault.list(null, 10), world.vault.record(id)])).not.toMatch(/sha256|hw_/);
  });

  it('has another secret each time', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => world.create()));
    expect(new Set(keys.map(({ key }) => parseKeyText(key)!.secret)).size).toBe(20);
  });

  it('survives a restart', async () => {
    const { record } = await world.create();
    world.restart();
    expect(world.vault.record(record.id)).toEqual(record);
    expect(world.live()).toEqual([record.id]);
  });

  it('ends when it is told to, and never after its maker', async () => {
    expect((await world.create({ ttl: 60 })).record.expires).toBe(start + 60_000);
    const expires = '2026-01-03T03:04:05.000+01:00';
    const maker = await world.create({ scopes: ['admin'], expires });
    expect(maker.record.expires).toBe(Date.parse(expires));
    expect((await world.create({}, makerOf(maker))).record.expires).toBe(Date.parse(expires));
    expect((await world.create({ ttl: 60 }, makerOf(maker))).record.expires).toBe(start + 60_000);
    await expect(world.create({ ttl: 2 * 86_400 }, makerOf(maker))).rejects.toMatchObject({
      type: 'forbidden',
    });
    await expect(world.create({ expires: '2026-01-01T00:00:00Z' })).rejects.toMatchObject({
      type: 'bad-request',
    });
    world.now = Date.parse(expires);
    expect(world.live()).not.toContain(maker.record.id);
    await expect(world.create({}, makerOf(maker))).rejects.toMatchObject({ type: 'unauthorized' });
  });
});

describe('a revoked key', () => {
  it('leaves the ring, keeps its time, and stays listed', async () => {
    const { record } = await world.create();
    world.now += 5;
    expect(world.vault.revoke(record.id).revoked).toBe(start + 5);
    world.now += 5;
    expect(world.vault.revoke(record.id).revoked).toBe(start + 5);
    expect(world.live()).toEqual([]);
    expect(world.vault.list(null, 10).rows).toMatchObject([{ id: record.id, revoked: start + 5 }]);
  });

  it('makes nothing any more, whatever an edge with an old list says', async () => {
    const made = await world.create({ scopes: ['admin'] });
    world.vault.revoke(made.record.id);
    await expect(world.create({}, makerOf(made))).rejects.toMatchObject({ type: 'unauthorized' });
    await expect(world.mint({}, makerOf(made))).rejects.toMatchObject({ type: 'unauthorized' });
  });

  it('that never was is not found', () => {
    expect(() => world.vault.revoke('01ARZ3NDEKTSV4RRFFQ69G5FAV')).toThrow(
      expect.objectContaining({ type: 'not-found' }),
    );
  });
});

it('keys are listed oldest first, in pages that miss none', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) ids.push((await world.create()).record.id);
  const seen: string[] = [];
  let page = world.vault.list(null, 3);
  for (;;) {
    seen.push(...page.rows.map(({ id }) => id));
    if (!page.more) break;
    page = world.vault.list(seen.at(-1)!, 3);
  }
  expect(seen).toEqual(ids);
  expect(world.vault.list(null, 7).more).toBe(false);
});

it('keys are bounded in number; the one that ended first makes room, after a day', async () => {
  const first = await world.create();
  const second = await world.create();
  for (let i = 2; i < maxKeys; i++) await world.create();
  await expect(world.create()).rejects.toMatchObject({ type: 'conflict', facts: { maxKeys } });
  world.vault.revoke(second.record.id);
  world.now += 1;
  world.vault.revoke(first.record.id);
  await expect(world.create()).rejects.toMatchObject({ type: 'conflict' });
  world.now += 24 * hourMs;
  await world.create();
  expect(() => world.vault.record(second.record.id)).toThrow();
  expect(world.vault.record(first.record.id).revoked).not.toBeNull();
});

describe('the ring', () => {
  it('travels when it has changed, and only then', async () => {
    const { revision } = world.vault.ring(null)!;
    expect(world.vault.ring(revision)).toBeNull();
    const { record } = await world.create();
    const next = world.vault.ring(revision)!;
    expect(next.revision).not.toBe(revision);
    expect(world.vault.ring(next.revision)).toBeNull();
    world.vault.revoke(record.id);
    expect(world.vault.ring(next.revision)!.keys).toEqual([]);
  });

  it('of a vault that has lost its storage is never taken for the one before', async () => {
    await world.create();
    const { revision } = world.vault.ring(null)!;
    world.loseStorage();
    await world.create();
    expect(world.vault.ring(revision)).not.toBeNull();
  });

  it('tells the origins of live tokens, and does not change with each of them', async () => {
    const origins = ['https://a.example', 'https://b.example'];
    await world.mint({ origins, ttl: 60 });
    const { revision, origins: told } = world.vault.ring(null)!;
    expect(told.map(({ origin }) => origin).sort()).toEqual(origins);
    for (const { until } of told) expect(until).toBeGreaterThanOrEqual(start + 60_000);
    world.now += 30_000;
    await world.mint({ origins, ttl: 60 });
    expect(world.vault.ring(revision)).toBeNull();
    world.now += hourMs;
    await world.mint({ origins: [origins[0]], ttl: 60 });
    expect(world.vault.ring(revision)).not.toBeNull();
    world.now += 2 * hourMs;
    expect(world.vault.ring(null)!.origins).toEqual([]);
  });

  it('does not change when a token that has expired is asked for again', async () => {
    const claim = await world.claimed('k');
    const request = { origins: ['https://a.example'], ttl: 60 };
    const { token } = await world.mint(request, root, claim);
    world.now += 10 * hourMs;
    const { revision } = world.vault.ring(null)!;
    expect(await world.mint(request, root, claim)).toMatchObject({ token, ringChanged: false });
    expect(world.vault.ring(revision)).toBeNull();
  });

  it('forgets the origins of a key that is revoked', async () => {
    const issuer = await world.create();
    await world.mint({ origins: ['https://a.example'] }, makerOf(issuer));
    world.vault.revoke(issuer.record.id);
    expect(world.vault.ring(null)!.origins).toEqual([]);
  });

  it('takes so many origins of one key and no more', async () => {
    const origins = (from: number) => Array.from({ length: 10 }, (_, i) => `https://${from + i}.example`);
    for (let i = 0; i < maxOriginsPerIssuer; i += 10) await world.mint({ origins: origins(i) });
    await world.mint({ origins: origins(0) });
    await expect(world.mint({ origins: origins(1000) })).rejects.toMatchObject({ type: 'conflict' });
    expect(world.vault.ring(null)!.origins).toHaveLength(maxOriginsPerIssuer);
  });
});

describe('a token', () => {
  it('says what was asked for, and who asked', async () => {
    const issuer = await world.create({ scopes: ['infer'] });
    const { token, expires } = await world.mint(
      { head: 'ants', origins: ['https://a.example'] },
      makerOf(issuer),
    );
    expect(expires).toBe(start + 900_000);
    expect(await openToken(token, tokenKeys)).toMatchObject({
      iss: issuer.record.id,
      scope: 'infer',
      head: 'ants',
      exp: expires / 1000,
      origins: ['https://a.example'],
    });
  });

  it('never outlives its issuer', async () => {
    const issuer = await world.create({ ttl: 100 });
    expect((await world.mint({ ttl: 3600 }, makerOf(issuer))).expires).toBe(start + 100_000);
    expect((await world.mint({ ttl: 60 }, makerOf(issuer))).expires).toBe(start + 60_000);
  });
});
