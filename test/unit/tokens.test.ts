// Tokens over HTTP: minting them, using them from phones and from pages, preflights.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { exampleKey } from '../../lib/contract/index.ts';
import { encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { sha256 } from '../../lib/tensors/index.ts';
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

const page = 'https://shop.example';
let world: EdgeWorld;
beforeEach(async () => {
  world = mocked.world = await createEdgeWorld();
  await world.addHead('ants', 'insects');
  await world.addHead('cars', 'streets');
  vi.spyOn(Date, 'now').mockImplementation(() => world.vault.now);
  return () => vi.restoreAllMocks();
});

const behind = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
const request = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
  app.request(
    path,
    { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) },
    {},
    behind,
  );
const call = (key: string, method: string, path: string, body?: unknown, origin?: string) =>
  request(method, path, { authorization: `Bearer ${key}`, ...(origin && { origin }) }, body);
const create = async (what: object) =>
  (await (await call(rootKey, 'POST', '/v1/keys', what)).json()) as { id: string; key: string };
const mint = async (key: string, what: object): Promise<string> => {
  const response = await call(key, 'POST', '/v1/tokens', { scope: 'infer', ...what });
  expect(response.status).toBe(201);
  return (await response.json()).token;
};
const typeOf = async (response: Response | Promise<Response>) => {
  const { status, type } = await (await response).json();
  return `${status} ${String(type).replace('/problems/', '')}`;
};
const ask = (key: string, head = 'ants', origin?: string) =>
  call(key, 'GET', `/v1/heads/${head}`, undefined, origin);
const corsHeaders = (response: Response) =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));

describe('a token', () => {
  it('lives a quarter of an hour unless told otherwise, and an hour at most', async () => {
    const response = await call(rootKey, 'POST', '/v1/tokens', { scope: 'infer', head: 'ants' });
    const { token, expires } = await response.json();
    expect(Date.parse(expires)).toBe(world.vault.now + 900_000);
    expect((await ask(token)).status).toBe(200);
    world.vault.now += 900_000;
    expect(await typeOf(ask(token))).toBe('401 unauthorized');
    expect(await typeOf(call(rootKey, 'POST', '/v1/tokens', { scope: 'infer', ttl: 3601 }))).toBe(
      '400 bad-request',
    );
  });

  it('is made by a key with the scope in question, for what that key reaches', async () => {
    const { key: infer } = await create({ scopes: ['infer'] });
    const { key: bound } = await create({ scopes: ['infer', 'teach'], dataset: 'insects' });
    expect((await ask(await mint(infer, { head: 'cars' }), 'cars')).status).toBe(200);
    expect(await typeOf(call(infer, 'POST', '/v1/tokens', { scope: 'teach' }))).toBe('403 forbidden');
    expect(await typeOf(call(infer, 'POST', '/v1/tokens', { scope: 'train' }))).toBe('400 bad-request');
    expect(await typeOf(call(bound, 'POST', '/v1/tokens', { scope: 'infer', head: 'cars' }))).toBe(
      '403 forbidden',
    );
    expect(await typeOf(call(bound, 'POST', '/v1/tokens', { scope: 'teach', dataset: 'streets' }))).toBe(
      '403 forbidden',
    );
    const inherits = await mint(bound, {});
    expect((await ask(inherits, 'ants')).status).toBe(200);
    expect(await typeOf(ask(inherits, 'cars'))).toBe('403 forbidden');
  });

  it('opens its head with its scope and nothing else', async () => {
    const token = await mint(rootKey, { head: 'ants' });
    expect((await ask(token)).status).toBe(200);
    expect(await typeOf(ask(token, 'cars'))).toBe('403 forbidden');
    expect(await typeOf(call(token, 'POST', '/v1/heads/ants/rollback'))).toBe('403 forbidden');
    expect(await typeOf(call(token, 'GET', '/v1/keys'))).toBe('403 forbidden');
  });

  it('makes no other token, and deletes nothing', async () => {
    const token = await mint(rootKey, { scope: 'teach', dataset: 'insects' });
    expect(await typeOf(call(token, 'POST', '/v1/tokens', { scope: 'teach' }))).toBe('403 forbidden');
    const example = `/v1/datasets/insects/examples/ant/${'a'.repeat(64)}`;
    expect(await typeOf(call(token, 'DELETE', example))).toBe('403 forbidden');
  });

  it('ends within maxStaleMs when its issuer is revoked', async () => {
    const { id, key } = await create({ scopes: ['infer'] });
    const token = await mint(key, { head: 'ants' });
    const isolate = world.services;
    expect((await ask(token)).status).toBe(200);
    world.freshIsolate();
    await call(rootKey, 'DELETE', `/v1/keys/${id}`);
    expect(await typeOf(ask(token))).toBe('401 unauthorized');
    world.services = isolate;
    world.vault.now += maxStaleMs;
    expect(await typeOf(ask(token))).toBe('401 unauthorized');
  });

  it('of the root key is verified without control', async () => {
    const token = await mint(rootKey, { head: 'ants' });
    expect(token).not.toContain(rootKey);
    world.isDown = true;
    world.freshIsolate();
    expect((await ask(token)).status).toBe(200);
  });

  it.each([
    'https://shop.example/',
    'https://shop.example:443',
    'https://SHOP.example',
    'https://*.example',
    'http://shop.example',
    'null',
    '*',
    'https://user@shop.example',
    'capacitor://localhost',
    '',
  ])('takes no origin that browsers do not send or that is not safe: %j', async (origin) => {
    expect(await typeOf(call(rootKey, 'POST', '/v1/tokens', { scope: 'infer', origins: [origin] }))).toBe(
      '400 bad-request',
    );
  });
});

describe('a page', () => {
  it('is named by answers to a token that lists it, refusals too', async () => {
    const token = await mint(rootKey, { head: 'ants', origins: [page, 'http://localhost:8080'] });
    for (const [head, status] of [
      ['ants', 200],
      ['cars', 403],
    ] as const) {
      const answer = await ask(token, head, page);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('access-control-allow-origin')).toBe(page);
      expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
      const exposed = answer.headers.get('access-control-expose-headers')!.split(', ');
      expect(exposed).toEqual([
        'Headwater-Version',
        'Headwater-Stale',
        'Headwater-Dims',
        'ETag',
        'Retry-After',
        'Location',
      ]);
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
    }
  });

  it('that a token does not list is refused, and not named', async () => {
    const token = await mint(rootKey, { head: 'ants', origins: [page] });
    for (const origin of ['https://other.example', `${page}.evil.example`, 'null', page.toUpperCase()]) {
      const answer = await ask(token, 'ants', origin);
      expect(await typeOf(answer)).toBe('403 forbidden');
      expect(corsHeaders(answer)).toEqual([]);
    }
    expect((await ask(token)).status).toBe(200);
  });

  it('is never named without a token that lists it', async () => {
    const { key } = await create({ scopes: ['infer'] });
    for (const credential of [rootKey, key, await mint(key, { head: 'ants' })]) {
      const answer = await ask(credential, 'ants', page);
      expect(answer.status).toBe(200);
      expect(corsHeaders(answer)).toEqual([]);
    }
    expect(corsHeaders(await ask('nonsense', 'ants', page))).toEqual([]);
  });
});

describe('a preflight', () => {
  const preflight = (path: string, method: string, origin = page) =>
    request('OPTIONS', path, {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization, content-type',
    });

  it('is answered for an origin that a live token lists, on routes that tokens can use', async () => {
    await mint(rootKey, { head: 'ants', origins: [page] });
    world.freshIsolate();
    const answer = await preflight('/v1/heads/ants/classify', 'POST');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(page);
    expect(answer.headers.get('access-control-allow-methods')).toBe('POST');
    expect(answer.headers.get('access-control-allow-headers')!.toLowerCase()).toContain('authorization');
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
    expect((await preflight('/v1/datasets/insects/examples/ant', 'PUT')).status).toBe(204);
    expect((await preflight('/v1/heads/ants', 'GET')).status).toBe(204);
  });

  it.each([
    ['/v1/heads/ants/rollback', 'POST'],
    ['/v1/keys', 'POST'],
    ['/v1/tokens', 'POST'],
    ['/v1/heads/ants/classify', 'DELETE'],
    [`/v1/datasets/insects/examples/ant/${'a'.repeat(64)}`, 'DELETE'],
    ['/healthz', 'GET'],
    ['/nowhere', 'GET'],
  ])('of what tokens cannot do is an ordinary refusal: %s %s', async (path, method) => {
    await mint(rootKey, { head: 'ants', origins: [page] });
    const answer = await preflight(path, method);
    expect(await typeOf(answer)).toMatch(/^(405 method-not-allowed|404 not-found)$/);
    expect(corsHeaders(answer)).toEqual([]);
  });

  it('of an unknown origin is an ordinary refusal, and asks control once per refreshMs', async () => {
    await mint(rootKey, { head: 'ants', origins: [page] });
    const before = world.calls.ring;
    for (let i = 0; i < 30; i++) {
      const answer = await preflight('/v1/heads/ants/classify', 'POST', `https://${i}.example`);
      expect(await typeOf(answer)).toBe('405 method-not-allowed');
      expect(corsHeaders(answer)).toEqual([]);
    }
    expect(world.calls.ring - before).toBe(1);
  });

  it('costs no call to control when tokens are made for origins that are known', async () => {
    for (let i = 0; i < 10; i++) await mint(rootKey, { head: 'ants', origins: [page] });
    expect((await preflight('/v1/heads/ants/classify', 'POST')).status).toBe(204);
    expect(world.calls.ring).toBe(1);
  });

  it('of an origin that another isolate has just made a token for is answered after refreshMs', async () => {
    const isolate = world.services;
    await preflight('/v1/heads/ants/classify', 'POST');
    world.freshIsolate();
    await mint(rootKey, { head: 'ants', origins: [page] });
    world.services = isolate;
    world.vault.now += refreshMs;
    expect((await preflight('/v1/heads/ants/classify', 'POST')).status).toBe(204);
  });

  it('is not answered any more once no live token lists the origin', async () => {
    await mint(rootKey, { head: 'ants', origins: [page] });
    expect((await preflight('/v1/heads/ants/classify', 'POST')).status).toBe(204);
    world.vault.now += 3 * 3_600_000;
    expect(await typeOf(preflight('/v1/heads/ants/classify', 'POST'))).toBe('405 method-not-allowed');
  });
});

describe('an example', () => {
  it('is kept by a browser for the token that it came with, and for no other', async () => {
    const picture = encodePng({ width: 1, height: 1, colourType: 0, bitDepth: 8, samples: [7] });
    const digest = await sha256(picture);
    await world.store.put(exampleKey('insects', 'bee', digest, 'png'), picture);
    world.control.example = async () => ({ ok: true, value: { label: 'bee', extension: 'png' } });
    const token = await mint(rootKey, { scope: 'teach', dataset: 'insects', origins: [page] });
    const path = `/v1/datasets/insects/examples/bee/${digest}`;
    const answer = await call(token, 'GET', path, undefined, page);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('private');
    expect(answer.headers.get('vary')).toBe('Authorization, Origin');
  });
});
