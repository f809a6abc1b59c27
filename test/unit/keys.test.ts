// API keys over HTTP, from the edge's routes to the vault's SQLite: who may do what, and for how long.

import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createEdgeWorld,
  type EdgeWorld,
  maxStaleMs,
  refreshMs,
  rootKey,
} from '../support/edge-with-vault.ts';

const mocked = vi.hoisted(() => ({ world: undefined as unknown as EdgeWorld }));
vi.mock('../../functions/edge/services.ts', () => ({ servicesOf: async () => mocked.world.services }));
const { default: app } = await import('../../functions/edge/worker.ts');

let world: EdgeWorld;
beforeEach(async () => {
  world = mocked.world = await createEdgeWorld();
  await world.addHead('ants', 'insects');
  await world.addHead('cars', 'streets');
  const value = { dataset: 'insects', labels: {}, examples: 0, heldOut: 0 };
  Object.assign(world.control, { dataset: async () => ({ ok: true, value }) });
});

const behind = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
const call = (key: string, method: string, path: string, body?: object) =>
  app.request(
    path,
    // What is undefined is left out, the body of a GET too.
    { method, headers: { authorization: `Bearer ${key}` }, body: body && JSON.stringify(body) },
    {},
    behind,
  );
const create = async (request: object, by = rootKey) => {
  const response = await call(by, 'POST', '/v1/keys', request);
  expect(response.status).toBe(201);
  return (await response.json()) as { id: string; key: string; expires: string | null };
};
const typeOf = async (response: Response | Promise<Response>) => {
  const { status, type } = await (await response).json();
  return `${status} ${String(type).replace('/problems/', '')}`;
};
/** A question that any `infer` key may ask about a head; there are no versions, and that is an answer. */
const ask = (key: string, head = 'ants') => call(key, 'GET', `/v1/heads/${head}`);

describe('a key', () => {
  it('is made, told once, listed without its secret, used and revoked', async () => {
    const response = await call(rootKey, 'POST', '/v1/keys', { name: 'backend', scopes: ['infer'] });
    expect(response.status).toBe(201);
    const { key, ...shown } = await response.json();
    expect(response.headers.get('location')).toBe(`/v1/keys/${shown.id}`);
    expect(shown).toMatchObject({ name: 'backend', scopes: ['infer'], head: null, revoked: null });
    expect(await (await call(rootKey, 'GET', `/v1/keys/${shown.id}`)).json()).toEqual(shown);
    expect(await (await call(rootKey, 'GET', '/v1/keys')).json()).toEqual({ keys: [shown] });

    expect((await ask(key)).status).toBe(200);
    const revoked = await (await call(rootKey, 'DELETE', `/v1/keys/${shown.id}`)).json();
    expect(revoked.revoked).not.toBeNull();
    expect(await typeOf(ask(key))).toBe('401 unauthorized');
  });

  it('is listed in pages that lead on', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await create({ scopes: ['infer'] })).id);
    const seen: string[] = [];
    let query = '?limit=2';
    while (query) {
      const page = await (await call(rootKey, 'GET', `/v1/keys${query}`)).json();
      seen.push(...page.keys.map(({ id }: { id: string }) => id));
      query = page.cursor ? `?limit=2&cursor=${page.cursor}` : '';
    }
    expect(seen).toEqual(ids);
    expect(await typeOf(call(rootKey, 'GET', '/v1/keys?cursor=x'))).toBe('400 bad-request');
    expect(await typeOf(call(rootKey, 'GET', '/v1/keys?limit=0'))).toBe('400 bad-request');
  });

  it.each([
    {},
    { scopes: [] },
    { scopes: ['root'] },
    { scopes: 'infer' },
    { scopes: ['infer'], heads: 'ants' },
    { scopes: ['infer'], head: '..' },
    { scopes: ['infer'], head: 'ants', dataset: 'insects' },
    { scopes: ['teach'], head: 'ants' },
    { scopes: ['infer'], ttl: 0 },
    { scopes: ['infer'], ttl: 60, expires: '2027-01-01T00:00:00Z' },
    { scopes: ['infer'], expires: 'tomorrow' },
    { scopes: ['infer'], expires: '2020-01-01T00:00:00Z' },
  ])('is not made of %j', async (request) => {
    expect(await typeOf(call(rootKey, 'POST', '/v1/keys', request))).toMatch(
      /^400 (bad-request|invalid-name)$/,
    );
    expect(world.vault.live()).toEqual([]);
  });

  it.each(['x', '01ARZ3NDEKTSV4RRFFQ69G5FAV'])('that is none is told so: %s', async (id) => {
    for (const method of ['GET', 'DELETE'])
      expect((await call(rootKey, method, `/v1/keys/${id}`)).status).toBe(id === 'x' ? 400 : 404);
  });

  it('expires at its moment', async () => {
    const { key, expires } = await create({ scopes: ['infer'], ttl: 60 });
    expect(expires).toBe(new Date(world.vault.now + 60_000).toISOString());
    world.vault.now += 59_999;
    expect((await ask(key)).status).toBe(200);
    world.vault.now += 1;
    expect(await typeOf(ask(key))).toBe('401 unauthorized');
  });
});

describe('scopes', () => {
  it('open what they name and nothing else', async () => {
    const { key: infer } = await create({ scopes: ['infer'] });
    const { key: teach } = await create({ scopes: ['teach'] });
    const { key: admin } = await create({ scopes: ['admin'] });
    expect((await ask(infer)).status).toBe(200);
    expect(await typeOf(ask(teach))).toBe('403 forbidden');
    expect((await call(teach, 'GET', '/v1/datasets/insects')).status).toBe(200);
    expect(await typeOf(call(infer, 'GET', '/v1/datasets/insects'))).toBe('403 forbidden');
    expect((await ask(admin)).status).toBe(200);
    expect((await call(admin, 'GET', '/v1/keys')).status).toBe(200);
    for (const key of [infer, teach])
      for (const [method, path] of [
        ['POST', '/v1/keys'],
        ['GET', '/v1/keys'],
        ['GET', '/v1/keys/01ARZ3NDEKTSV4RRFFQ69G5FAV'],
        ['DELETE', '/v1/keys/01ARZ3NDEKTSV4RRFFQ69G5FAV'],
      ] as const)
        expect(await typeOf(call(key, method, path))).toBe('403 forbidden');
  });

  it('of a key that ends are handed on for no longer than it has them', async () => {
    const { key: admin, expires } = await create({ scopes: ['admin'], ttl: 3600 });
    expect((await create({ scopes: ['admin'] }, admin)).expires).toBe(expires);
    expect(await typeOf(call(admin, 'POST', '/v1/keys', { scopes: ['infer'], ttl: 7200 }))).toBe(
      '403 forbidden',
    );
  });
});

describe('a binding', () => {
  it('to a head opens that head, and no other, no dataset and no list', async () => {
    const { key } = await create({ scopes: ['infer', 'train'], head: 'ants' });
    expect((await ask(key, 'ants')).status).toBe(200);
    for (const path of [
      '/v1/heads/cars',
      '/v1/heads/new',
      '/v1/heads/..%2Fants',
      '/v1/heads/cars/versions',
      '/v1/backbones',
      '/v1/heads',
      '/v1/trainings',
    ])
      expect(await typeOf(call(key, 'GET', path)), path).toBe('403 forbidden');
    expect(await typeOf(call(key, 'POST', '/v1/heads/cars/classify'))).toBe('403 forbidden');
    expect(await typeOf(call(key, 'POST', '/v1/codes'))).toBe('403 forbidden');
    expect(await typeOf(call(key, 'POST', '/v1/classify?heads=ants,cars'))).toBe('403 forbidden');
    expect(await typeOf(call(key, 'POST', '/v1/classify?heads=ants&heads=cars'))).toBe('403 forbidden');
  });

  it('to a head opens its trainings', async () => {
    const trainings: Record<string, string> = { ants: 'ants', cars: 'cars' };
    world.control.training = async (id: string) => ({
      ok: true,
      value: { id, head: id.endsWith('A') ? trainings.ants : trainings.cars, stages: {} },
    });
    const { key } = await create({ scopes: ['train'], head: 'ants' });
    const id = (last: string) => `aW5zZWN0cw.01ARZ3NDEKTSV4RRFFQ69G5FA${last}`;
    expect((await call(key, 'GET', `/v1/trainings/${id('A')}`)).status).toBe(200);
    expect(await typeOf(call(key, 'GET', `/v1/trainings/${id('B')}`))).toBe('403 forbidden');
    expect(await typeOf(call(key, 'POST', `/v1/trainings/${id('B')}/cancel`))).toBe('403 forbidden');
  });

  it('to a head trains it on its own dataset, and tells nothing of another', async () => {
    const { key } = await create({ scopes: ['train'], head: 'ants' });
    const path = '/v1/heads/ants/trainings';
    expect(await typeOf(call(key, 'POST', path, { dataset: 'streets' }))).toBe('409 head-bound-elsewhere');
  });

  it('to a head does not let go of the name, which another dataset could then be bound to', async () => {
    world.control.deleteHead = async () => ({ ok: true, value: null });
    const remove = (key: string) => call(key, 'DELETE', '/v1/heads/ants');
    expect(await typeOf(remove((await create({ scopes: ['admin'], head: 'ants' })).key))).toBe(
      '403 forbidden',
    );
    for (const binding of [{}, { dataset: 'insects' }])
      expect((await remove((await create({ scopes: ['admin'], ...binding })).key)).status).toBe(204);
  });

  it('to a dataset opens it, its heads and its trainings', async () => {
    world.control.training = async (id: string) => ({ ok: true, value: { id, stages: {} } });
    const { key } = await create({ scopes: ['infer', 'teach', 'train'], dataset: 'insects' });
    expect((await ask(key, 'ants')).status).toBe(200);
    expect((await call(key, 'GET', '/v1/datasets/insects')).status).toBe(200);
    expect((await call(key, 'GET', '/v1/trainings/aW5zZWN0cw.01ARZ3NDEKTSV4RRFFQ69G5FAV')).status).toBe(200);
    expect(await typeOf(ask(key, 'new'))).toBe('404 not-found');
    for (const path of [
      '/v1/heads/cars',
      '/v1/datasets/streets',
      '/v1/datasets',
      '/v1/trainings/c3RyZWV0cw.01ARZ3NDEKTSV4RRFFQ69G5FAV',
    ])
      expect(await typeOf(call(key, 'GET', path)), path).toBe('403 forbidden');
  });

  it('to a dataset trains on that dataset only, be the head new or its own', async () => {
    const { key } = await create({ scopes: ['train'], dataset: 'insects' });
    for (const head of ['ants', 'new'])
      expect(await typeOf(call(key, 'POST', `/v1/heads/${head}/trainings`, { dataset: 'streets' }))).toBe(
        '403 forbidden',
      );
    expect(await typeOf(call(key, 'POST', '/v1/heads/cars/trainings', { dataset: 'insects' }))).toBe(
      '403 forbidden',
    );
  });

  it('is compared in the form in which names are kept', async () => {
    await world.addHead('Bienensto\u0308cke'.normalize('NFC'), 'insects');
    const { key } = await create({ scopes: ['infer'], head: 'Bienensto\u0308cke' });
    for (const form of ['NFC', 'NFD'])
      expect((await ask(key, encodeURIComponent('Bienenstöcke'.normalize(form)))).status).toBe(200);
  });
});

describe('other isolates', () => {
  it('know a key that was just made, at once', async () => {
    const { key } = await create({ scopes: ['infer'] });
    world.freshIsolate();
    expect((await ask(key)).status).toBe(200);
    const first = await create({ scopes: ['infer'] });
    const isolate = world.services;
    world.freshIsolate();
    const { key: second } = await create({ scopes: ['infer'] }, rootKey);
    world.services = isolate;
    expect((await ask(first.key)).status).toBe(200);
    world.vault.now += refreshMs;
    expect((await ask(second)).status).toBe(200);
  });

  it('hear of a revocation within maxStaleMs', async () => {
    const { id, key } = await create({ scopes: ['infer'] });
    const isolate = world.services;
    expect((await ask(key)).status).toBe(200);
    world.freshIsolate();
    await call(rootKey, 'DELETE', `/v1/keys/${id}`);
    world.services = isolate;
    world.vault.now += maxStaleMs;
    expect(await typeOf(ask(key))).toBe('401 unauthorized');
  });

  it('end the events of a training when the key is revoked, some seconds later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let looks = 0;
    const training = { status: 'running', phase: 'training', progress: 0.5, stages: {} };
    world.control.training = async () => {
      looks++;
      world.vault.now += 500;
      return { ok: true, value: training };
    };
    const { id, key } = await create({ scopes: ['train'] });
    const path = '/v1/trainings/aW5zZWN0cw.01ARZ3NDEKTSV4RRFFQ69G5FAV/events';
    const reader = (await call(key, 'GET', path)).body!.getReader();
    const decoder = new TextDecoder();
    expect(decoder.decode((await reader.read()).value)).toContain('event: training');
    await call(rootKey, 'DELETE', `/v1/keys/${id}`);
    const rest = reader.read();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(decoder.decode((await rest).value)).toContain('/problems/unauthorized');
    expect((await reader.read()).done).toBe(true);
    expect(looks).toBeLessThan(25);
  });

  it('let nobody in but the root key once control has been down for maxStaleMs', async () => {
    const { key } = await create({ scopes: ['infer'] });
    expect((await ask(key)).status).toBe(200);
    world.isDown = true;
    world.vault.now += maxStaleMs - 1;
    expect((await ask(key)).status).toBe(200);
    world.vault.now += refreshMs;
    const refused = await ask(key);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await typeOf(refused)).toBe('503 keys-unavailable');
    expect((await ask(rootKey)).status).toBe(200);
  });

  it('ask control once however many keys are guessed, and never for the root key', async () => {
    for (let i = 0; i < 5; i++) await ask(rootKey);
    expect(world.calls.ring).toBe(0);
    for (let i = 0; i < 30; i++)
      expect(await typeOf(ask(`hw_01ARZ3NDEKTSV4RRFFQ69G5FAV_${`${i}`.padEnd(43, 'x')}`))).toBe(
        '401 unauthorized',
      );
    expect(world.calls.ring).toBe(1);
  });
});
