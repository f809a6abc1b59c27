// Idempotency-Key over HTTP, with the vault's real claims: what is asked for twice is done once and told alike.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseMs } from '../../functions/control/keys/claim-table.ts';
import { HeadwaterError, toErrorData } from '../../lib/errors/index.ts';
import { createEdgeWorld, type EdgeWorld, rootKey } from '../support/edge-with-vault.ts';

const mocked = vi.hoisted(() => ({ world: undefined as unknown as EdgeWorld }));
vi.mock('../../functions/edge/services.ts', () => ({ servicesOf: async () => mocked.world.services }));
const { default: app } = await import('../../functions/edge/worker.ts');

const channels = { sequence: 2, stable: 1, canary: null, canaryPercent: 0, pin: null };
let world: EdgeWorld;
/** The claims under which the head was promoted, and what a promotion does. */
let promotions: (string | undefined)[];
let promote: () => Promise<unknown>;
beforeEach(async () => {
  world = mocked.world = await createEdgeWorld();
  promotions = [];
  promote = async () => ({ ok: true, value: channels });
  world.control.promote = (_head: string, _version: number, claim?: string) => {
    promotions.push(claim);
    return promote();
  };
});

const behind = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
const post = (path: string, body: unknown, idempotencyKey?: string, key = rootKey) =>
  app.request(
    path,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      body: JSON.stringify(body),
    },
    {},
    behind,
  );
const promotion = (idempotencyKey?: string, version = 1, key = rootKey) =>
  post('/v1/heads/ants/promote', { version }, idempotencyKey, key);
const typeOf = async (response: Response) => {
  const { status, type } = await response.json();
  return `${status} ${String(type).replace('/problems/', '')}`;
};
const isReplayed = (response: Response) => response.headers.get('idempotency-replayed') === 'true';
const refusal = (type: 'conflict' | 'storage-unavailable') => async () => ({
  ok: false,
  error: toErrorData(new HeadwaterError(type, 'Not now.')),
});

describe('a request with an Idempotency-Key', () => {
  it('is carried out once, and its answer told again', async () => {
    const first = await promotion('k');
    const second = await promotion('k');
    expect([first.status, isReplayed(first)]).toEqual([200, false]);
    expect([second.status, isReplayed(second)]).toEqual([200, true]);
    expect(second.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await second.json()).toEqual(await first.json());
    expect(promotions).toHaveLength(1);
    expect(promotions[0]).toMatch(/^01/);
  });

  it('is carried out each time without one', async () => {
    await promotion();
    expect(isReplayed(await promotion())).toBe(false);
    expect(promotions).toEqual([undefined, undefined]);
  });

  it('of another caller is another request', async () => {
    const { key } = await (await post('/v1/keys', { scopes: ['train'] })).json();
    await promotion('k');
    expect(isReplayed(await promotion('k', 1, key))).toBe(false);
    expect(promotions).toHaveLength(2);
  });

  it('that was used for something else is refused: body, path, query', async () => {
    await promotion('k');
    for (const other of [
      promotion('k', 2),
      post('/v1/heads/bees/promote', { version: 1 }, 'k'),
      post('/v1/heads/ants/rollback', { version: 1 }, 'k'),
      post('/v1/heads/ants/promote?x=1', { version: 1 }, 'k'),
      post('/v1/heads/ants/promote', { version: 1, channel: 'stable' }, 'k'),
    ])
      expect(await typeOf(await other)).toBe('422 idempotency-mismatch');
    expect(promotions).toHaveLength(1);
  });

  it('that is being carried out is refused with a moment to come back at', async () => {
    let finish = () => {};
    promote = () =>
      new Promise((resolve) => {
        finish = () => resolve({ ok: true, value: channels });
      });
    const first = promotion('k');
    await vi.waitFor(() => expect(promotions).toHaveLength(1));
    const second = await promotion('k');
    expect(second.headers.get('retry-after')).toBe(String(leaseMs / 1000));
    expect(await typeOf(second)).toBe('409 conflict');
    finish();
    expect((await first).status).toBe(200);
    expect(isReplayed(await promotion('k'))).toBe(true);
    expect(promotions).toHaveLength(1);
  });

  it('whose isolate died is taken up after half a minute, under the same claim', async () => {
    promote = () => new Promise(() => {});
    void promotion('k');
    await vi.waitFor(() => expect(promotions).toHaveLength(1));
    world.freshIsolate();
    promote = async () => ({ ok: true, value: channels });
    world.vault.now += leaseMs;
    expect((await promotion('k')).status).toBe(200);
    expect(promotions[1]).toBe(promotions[0]);
    expect(isReplayed(await promotion('k'))).toBe(true);
  });

  it('that was refused has made nothing: its key may be used again, for something else too', async () => {
    promote = refusal('conflict');
    expect(await typeOf(await promotion('k'))).toBe('409 conflict');
    expect(await typeOf(await post('/v1/heads/ants/promote', { version: 'x' }, 'l'))).toBe('400 bad-request');
    promote = async () => ({ ok: true, value: channels });
    for (const key of ['k', 'l']) expect((await promotion(key, 7)).status).toBe(200);
  });

  it('that failed may have made something: it is carried out again under the same claim', async () => {
    promote = refusal('storage-unavailable');
    expect(await typeOf(await promotion('k'))).toBe('503 storage-unavailable');
    expect(await typeOf(await promotion('k', 2))).toBe('422 idempotency-mismatch');
    promote = async () => ({ ok: true, value: channels });
    expect((await promotion('k')).status).toBe(200);
    expect(promotions[1]).toBe(promotions[0]);
  });

  it('is answered though its claim could not be ended, and then found again', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { endClaim } = world.control;
    world.control.endClaim = async () => {
      throw new Error('control is down');
    };
    expect((await promotion('k')).status).toBe(200);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
    world.control.endClaim = endClaim;
    world.vault.now += leaseMs;
    expect((await promotion('k')).status).toBe(200);
    expect(promotions[1]).toBe(promotions[0]);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(256)])('whose key is none is refused: %.20j', async (text) => {
    expect(await typeOf(await promotion(text))).toBe('400 bad-request');
    expect(promotions).toHaveLength(0);
  });

  it('may have any key of 255 visible characters', async () => {
    expect((await promotion('~'.repeat(255))).status).toBe(200);
    expect((await promotion('"8e03978e-40d5-43dd-bc93-6894a57f9324"')).status).toBe(200);
  });

  it('is judged by its key before its claim is looked at', async () => {
    await promotion('k');
    expect(await typeOf(await promotion('k', 1, 'nobody'))).toBe('401 unauthorized');
  });
});

describe('secrets', () => {
  it('a key that is asked for twice is one key, told alike', async () => {
    const first = await post('/v1/keys', { scopes: ['infer'] }, 'k');
    const second = await post('/v1/keys', { scopes: ['infer'] }, 'k');
    expect([first.status, second.status]).toEqual([201, 201]);
    expect([isReplayed(first), isReplayed(second)]).toEqual([false, true]);
    const { key, id } = await first.json();
    expect(await second.json()).toMatchObject({ key, id });
    expect(second.headers.get('location')).toBe(`/v1/keys/${id}`);
    expect(world.vault.live()).toEqual([id]);
    expect(world.vault.dump()).not.toContain(key.split('_')[2]);
  });

  it('a token that is asked for twice is the same token, to the end of its life', async () => {
    const ask = () => post('/v1/tokens', { scope: 'infer', head: 'ants' }, 'k');
    const first = await (await ask()).json();
    world.vault.now += 60_000;
    const second = await ask();
    expect(isReplayed(second)).toBe(true);
    expect(await second.json()).toEqual(first);
  });
});
