// Keys and tokens on real processes: made, used, bound, expired, revoked; a page with a token; what is asked for
// twice at once is made once.

import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, createApi } from '../../scripts/demo/api.ts';
import { full, useInstance } from '../support/instance.ts';
import { digits, refusal, sleep, teachAll, train, until, untilOver } from '../support/steps.ts';

const maxStaleMs = 1000;
const hw = useInstance({ HEADWATER_REFRESH_MS: '200', HEADWATER_MAX_STALE_MS: `${maxStaleMs}` });
const page = 'https://shop.example';
const probe = digits(['0'], 500, 1)[0]!.png;

interface Key {
  id: string;
  key: string;
}
const createKey = (what: object) => hw.api.json<Key>('POST', '/v1/keys', what);
const as = ({ key }: { key: string }): Api => createApi(hw.stack.url, key);
const classify = (headers: Record<string, string>) =>
  fetch(`${hw.stack.url}/v1/heads/numbers/classify`, {
    method: 'POST',
    headers: { 'content-type': 'image/png', ...headers },
    body: probe as BodyInit,
  });
const withKey = ({ key }: { key: string }) => classify({ authorization: `Bearer ${key}` });
const postTraining = (idempotencyKey: string, body: object, head = 'numbers') =>
  fetch(`${hw.stack.url}/v1/heads/${head}/trainings`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${hw.stack.keys.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    },
    body: JSON.stringify(body),
  });

beforeAll(async () => {
  await teachAll(hw.api, 'digits', digits(['0', '1'], 0, 4));
  expect(await train(hw.api, 'numbers', 'digits')).toMatchObject({ status: 'succeeded' });
});

describe('a key', () => {
  it('is used as soon as it is made, within its scope and its binding', async () => {
    const key = await createKey({ name: 'backend', scopes: ['infer'], head: 'numbers' });
    expect((await withKey(key)).status).toBe(200);
    expect(await refusal(await as(key).call('GET', '/v1/datasets/digits'))).toMatchObject({ status: 403 });
    expect(await refusal(await as(key).call('GET', '/v1/heads/others'))).toMatchObject({ status: 403 });
    const { keys } = await hw.api.json<{ keys: object[] }>('GET', '/v1/keys');
    expect(keys).toContainEqual(expect.objectContaining({ id: key.id, name: 'backend' }));
    expect(JSON.stringify(keys)).not.toContain(key.key);
  });

  it('bound to a dataset teaches and trains there', async () => {
    const key = await createKey({ scopes: ['teach', 'train'], dataset: 'digits' });
    const [image] = digits(['1'], 20, 1);
    await as(key).teach('digits', '1', image!.png);
    expect(await refusal(await as(key).call('GET', '/v1/datasets/others'))).toMatchObject({ status: 403 });
    const { id } = await as(key).train('second', 'digits');
    expect(await untilOver(as(key), id)).toMatchObject({ status: 'succeeded' });
  });

  it('expires', async () => {
    const key = await createKey({ scopes: ['infer'], ttl: 1 });
    await sleep(1100);
    expect(await refusal(await withKey(key))).toMatchObject({ status: 401, type: 'unauthorized' });
  });

  it('that is revoked is refused within maxStaleMs, with the tokens that it has made', async () => {
    const key = await createKey({ scopes: ['infer'] });
    const { token } = await as(key).json<{ token: string }>('POST', '/v1/tokens', {
      scope: 'infer',
      head: 'numbers',
    });
    expect((await withKey({ key: token })).status).toBe(200);
    await hw.api.json('DELETE', `/v1/keys/${key.id}`);
    await sleep(maxStaleMs);
    for (const credential of [key.key, token])
      expect(await refusal(await withKey({ key: credential }))).toMatchObject({ type: 'unauthorized' });
  });

  it('and its revocation survive the death of every process', async () => {
    const kept = await createKey({ scopes: ['infer'] });
    const gone = await createKey({ scopes: ['infer'] });
    await hw.api.json('DELETE', `/v1/keys/${gone.id}`);
    await hw.kill();
    await hw.start();
    expect((await withKey(kept)).status).toBe(200);
    expect((await withKey(gone)).status).toBe(401);
  });
});

describe('a page with a token', () => {
  it('gets through its preflight and reads the answer', async () => {
    const { token } = await hw.api.json<{ token: string }>('POST', '/v1/tokens', {
      scope: 'infer',
      head: 'numbers',
      origins: [page],
    });
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    const preflight = (origin: string) =>
      fetch(`${hw.stack.url}/v1/heads/numbers/classify`, {
        method: 'OPTIONS',
        headers: { origin, ...asked },
      });
    const permitted = await until('the preflight is answered', async () => {
      const answer = await preflight(page);
      return answer.status === 204 && answer;
    });
    expect(permitted.headers.get('access-control-allow-origin')).toBe(page);
    expect((await preflight('https://other.example')).headers.has('access-control-allow-origin')).toBe(false);

    const answer = await classify({ authorization: `Bearer ${token}`, origin: page });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(page);
    expect(answer.headers.get('headwater-version')).toBe('1');
    const foreign = await classify({ authorization: `Bearer ${token}`, origin: 'https://other.example' });
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false);
    expect(await refusal(foreign)).toMatchObject({ status: 403, type: 'forbidden' });
  });
});

describe('an Idempotency-Key', () => {
  it('makes one training of two requests at once, and tells it again later', async () => {
    const both = await Promise.all([1, 2].map(() => postTraining('once', { dataset: 'digits' })));
    const statuses = both.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(202);
    expect([202, 409]).toContain(statuses[1]);
    const again = await postTraining('once', { dataset: 'digits' });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    const location = again.headers.get('location')!;
    for (const { status, headers } of both)
      if (status === 202) expect(headers.get('location')).toBe(location);
    const { trainings } = await hw.api.json<{ trainings: { id: string }[] }>(
      'GET',
      '/v1/trainings?dataset=digits&head=numbers',
    );
    expect(trainings).toHaveLength(2);
    expect(await refusal(await postTraining('once', { dataset: 'digits', seed: 7 }))).toMatchObject({
      status: 422,
      type: 'idempotency-mismatch',
    });
    await untilOver(hw.api, location.replace('/v1/trainings/', ''));
  });

  it.runIf(full)(
    'makes one training though everything dies while it is asked for',
    async () => {
      const count = async () =>
        (await hw.api.json<{ trainings: object[] }>('GET', '/v1/trainings?dataset=digits')).trainings.length;
      const before = await count();
      for (const [i, delayMs] of [0, 15, 40, 80].entries()) {
        const cutOff = postTraining(`cut-${i}`, { dataset: 'digits' }).catch(() => {});
        await sleep(delayMs);
        await hw.kill();
        await cutOff;
        await hw.start();
        const answer = await until(
          'the request is carried out',
          async () => {
            const again = await postTraining(`cut-${i}`, { dataset: 'digits' });
            return again.status === 202 && again;
          },
          60_000,
        );
        await untilOver(hw.api, answer.headers.get('location')!.replace('/v1/trainings/', ''));
        expect(await count(), `killed after ${delayMs} ms`).toBe(before + i + 1);
      }
    },
    600_000,
  );

  it('is remembered when every process has died', async () => {
    const first = await postTraining('kept', { dataset: 'digits' });
    await untilOver(hw.api, first.headers.get('location')!.replace('/v1/trainings/', ''));
    await hw.kill();
    await hw.start();
    const again = await postTraining('kept', { dataset: 'digits' });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
  });
});
