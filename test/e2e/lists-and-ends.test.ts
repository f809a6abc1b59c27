// Lists, deletions, garbage and erasure on real processes: what is listed is there, and what is gone is gone for
// every isolate that has held it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { ErasedData, GarbageData } from '../../lib/contract/index.ts';
import { useInstance } from '../support/instance.ts';
import {
  datasetOf,
  digits,
  exampleOf,
  refusal,
  sleep,
  teachAll,
  train,
  until,
  untilVersion,
  versionsOf,
} from '../support/steps.ts';

const maxStaleMs = 1500;
const hw = useInstance({ HEADWATER_REFRESH_MS: '300', HEADWATER_MAX_STALE_MS: String(maxStaleMs) });
const probe = digits(['0'], 500, 1)[0]!.png;
const at = encodeURIComponent;

const remove = async (path: string) => hw.api.call('DELETE', path);
const keysUnder = async (prefix: string) => (await hw.store.list({ prefix })).objects.map(({ key }) => key);

async function walk(path: string, rows: string): Promise<Record<string, unknown>[]> {
  const seen: Record<string, unknown>[] = [];
  let cursor: string | undefined;
  do {
    const query = `${path.includes('?') ? '&' : '?'}limit=2${cursor ? `&cursor=${cursor}` : ''}`;
    const page = await hw.api.json<Record<string, unknown>>('GET', `${path}${query}`);
    seen.push(...(page[rows] as Record<string, unknown>[]));
    cursor = page.cursor as string | undefined;
  } while (cursor !== undefined);
  return seen;
}

it('lists heads, datasets, trainings, versions and examples, page by page', async () => {
  const { api } = hw;
  for (const dataset of ['one', 'zwei ü']) await teachAll(api, dataset, digits(['0', '1'], 0, 4));
  for (const head of ['a', 'b', 'ü']) await train(api, head, 'one');
  await train(api, 'z', 'zwei ü');
  const { id } = await train(api, 'a', 'one');
  expect((await walk('/v1/heads', 'heads')).map(({ head, stable }) => [head, stable])).toEqual([
    ['a', 2],
    ['b', 1],
    ['z', 1],
    ['ü', 1],
  ]);
  expect((await walk('/v1/datasets', 'datasets')).map(({ dataset }) => dataset)).toEqual(['one', 'zwei ü']);
  const trainings = await walk('/v1/trainings', 'trainings');
  expect(trainings.map(({ head, status }) => [head, status])).toEqual(
    ['a', 'ü', 'b', 'a', 'z'].map((head) => [head, 'succeeded']),
  );
  expect(trainings[0]).toMatchObject({ id, dataset: 'one', version: 2, ended: expect.any(String) });
  expect(await walk('/v1/trainings?head=a', 'trainings')).toHaveLength(2);
  expect((await walk('/v1/heads/a/versions', 'versions')).map(({ version }) => version)).toEqual([2, 1]);
  const examples = await walk(`/v1/datasets/${at('zwei ü')}/examples?label=1`, 'examples');
  expect(examples).toHaveLength(4);
  expect(new Set(examples.map(({ digest }) => digest)).size).toBe(4);
  const cursor = (await hw.api.json<{ cursor: string }>('GET', '/v1/heads?limit=1')).cursor;
  for (const wrong of [`/v1/datasets?cursor=${cursor}`, '/v1/heads?cursor=no', '/v1/heads?limit=0'])
    expect(await refusal(await api.call('GET', wrong))).toMatchObject({ status: 400, type: 'bad-request' });
});

it('names that were made up are 404 and leave nothing behind', async () => {
  const { api } = hw;
  const id = `${Buffer.from('made up').toString('base64url')}.01ARZ3NDEKTSV4RRFFQ69G5FAV`;
  for (const path of ['/v1/datasets/made%20up', '/v1/datasets/made%20up/examples', `/v1/trainings/${id}`])
    expect((await api.call('GET', path)).status).toBe(404);
  for (const path of ['/v1/heads/nobody', '/v1/datasets/made%20up', '/v1/heads/a/versions/99'])
    expect((await remove(path)).status).toBe(404);
  const train = await api.call('POST', '/v1/heads/x/trainings', { dataset: 'made up' });
  expect(await refusal(train)).toMatchObject({ status: 409, type: 'too-few-examples' });
});

it('a deleted head stops answering within maxStaleMs, and its successor is not taken for it', async () => {
  const { api } = hw;
  await untilVersion(api, 'a', 2, probe);
  expect((await remove('/v1/heads/a')).status).toBe(204);
  expect((await remove('/v1/heads/a')).status).toBe(404);
  expect(await keysUnder('heads/a/')).toEqual([]);
  await sleep(maxStaleMs);
  const gone = await api.call('POST', '/v1/heads/a/classify', probe);
  expect(await refusal(gone)).toMatchObject({ status: 404, type: 'not-found' });
  // Bound to another dataset, with numbers that go on.
  expect(await train(api, 'a', 'zwei ü')).toMatchObject({ status: 'succeeded', version: 3 });
  expect(await api.classify('a', probe)).toMatchObject({ version: 3 });
});

it('a version goes unless a channel needs it, and no rollback leads to it', async () => {
  const { api } = hw;
  for (const version of [2, 3])
    expect(await train(api, 'b', 'one')).toMatchObject({ status: 'succeeded', version });
  expect(await refusal(await remove('/v1/heads/b/versions/3'))).toMatchObject({
    status: 409,
    type: 'conflict',
  });
  expect((await remove('/v1/heads/b/versions/2')).status).toBe(204);
  expect((await remove('/v1/heads/b/versions/2')).status).toBe(404);
  expect((await versionsOf(api, 'b')).versions.map(({ version }) => version)).toEqual([3, 1]);
  expect(await api.json('POST', '/v1/heads/b/rollback')).toMatchObject({ stable: 1 });
  expect(await refusal(await remove('/v1/heads/b/versions/1'))).toMatchObject({ status: 409 });
});

it('erases a person: images and codes, and names the versions that had seen them', async () => {
  const { api } = hw;
  const images = digits(['7'], 0, 3);
  const taught: string[] = [];
  for (const { png } of images) {
    const path = `/v1/datasets/one/examples/7?subject=${at('Zoë № 1')}`;
    taught.push((await api.json<{ digest: string }>('PUT', path, png)).digest);
  }
  const trained = await train(api, 'c', 'one');
  const erase = `/v1/datasets/one/examples?subject=${at('Zoë № 1')}`;
  expect(await walk(erase, 'examples')).toHaveLength(3);
  const before = await keysUnder('codes/one/');
  expect(await api.json<ErasedData>('DELETE', erase)).toEqual({
    erased: 3,
    versions: [{ head: 'c', version: trained.version, certain: true }],
    trainings: [],
    codesPending: false,
  });
  for (const digest of taught) expect(await exampleOf(api, 'one', '7', digest)).toBeNull();
  expect(await keysUnder('examples/one/7/')).toEqual([]);
  for (const key of await keysUnder('codes/one/')) {
    const body = Buffer.from((await hw.store.get(key))!.body);
    for (const digest of taught) expect(body.includes(Buffer.from(digest, 'hex')), key).toBe(false);
  }
  expect(before.length).toBeGreaterThan(0);
  expect(await api.json<ErasedData>('DELETE', erase)).toMatchObject({ erased: 0, versions: [] });
  expect(await refusal(await remove('/v1/datasets/one/examples'))).toMatchObject({ status: 400 });
  // What is left goes on.
  expect(await train(api, 'c', 'one')).toMatchObject({ status: 'succeeded' });
});

it('begins from zero after an erasure, and from the stable version otherwise', async () => {
  const { api } = hw;
  const from = async () => (await train(api, 'c', 'one')).report!.strengthFrom;
  expect(await from()).toBe('kept');
  const [example] = (await walk('/v1/datasets/one/examples', 'examples')) as {
    label: string;
    digest: string;
  }[];
  const one = `/v1/datasets/one/examples/${at(example!.label)}/${example!.digest}`;
  expect((await remove(one)).status).toBe(204);
  expect(await from()).not.toBe('kept');
  expect(await from()).toBe('kept');
});

it('garbage is told by a dry run of the command, and nothing young is touched', async () => {
  const { api } = hw;
  await hw.store.put(`heads/b/blobs/${'1'.repeat(64)}.safetensors`, new Uint8Array(10));
  const young = await api.json<GarbageData>('POST', '/v1/datasets/one/garbage', { graceSeconds: 900 });
  expect(young).toMatchObject({ objects: 0, keys: [], skipped: [] });
  const short = await api.call('POST', '/v1/datasets/one/garbage', { graceSeconds: 10 });
  expect(await refusal(short)).toMatchObject({ status: 400 });
  const env = { ...process.env, HEADWATER_URL: hw.stack.url, HEADWATER_KEY: hw.stack.keys.apiKey };
  const { stdout } = await promisify(execFile)(process.execPath, ['cli/gc.ts', '--dry-run', '--spaces'], {
    env,
  });
  expect(stdout).toContain('one: nothing');
  expect(stdout).toContain('zwei ü: nothing');
  expect(stdout).toMatch(/Would be deleted in all:\n {2}nothing/);
});

it('a dataset goes once its heads have gone: images, codes, snapshots and records', async () => {
  const { api } = hw;
  const bound = await remove('/v1/datasets/one');
  expect(bound.status).toBe(409);
  expect(await bound.json()).toMatchObject({ type: '/problems/conflict', heads: ['b', 'c', 'ü'] });
  for (const head of ['b', 'c', 'ü']) expect((await remove(`/v1/heads/${at(head)}`)).status).toBe(204);
  const { status } = await remove('/v1/datasets/one');
  expect([202, 204]).toContain(status);
  await until('the dataset is gone', async () => (await api.call('GET', '/v1/datasets/one')).status === 404);
  for (const kind of ['examples', 'codes', 'snapshots', 'jobs', 'datasets'])
    expect(await keysUnder(`${kind}/one`), kind).toEqual([]);
  expect((await remove('/v1/datasets/one')).status).toBe(404);
  expect((await datasetOf(api, at('zwei ü'))).examples).toBe(8);
  // The name is free.
  await teachAll(api, 'one', digits(['0', '1'], 0, 2));
  expect(await datasetOf(api, 'one')).toMatchObject({ examples: 4 });
});
