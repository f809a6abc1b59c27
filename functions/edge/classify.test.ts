// Classifying and coding over HTTP, with everything behind it real: one image or a form, one head or several, tags,
// versions that must have come. (How an image is read, and a head loaded, are tests of lib.)

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../lib/tensors/index.ts';
import { apiKey, createTestEdge, greyPng, type TestEdge } from './infer-testing.ts';
import { field, file, formOf, latin1, type TestPart } from './multipart-testing.ts';

// The real services import modules that only workerd's bundle has.
const services = vi.hoisted(() => ({ current: {} as Record<string, unknown> }));
vi.mock('./services.ts', () => ({ servicesOf: async () => services.current }));
const { default: app } = await import('./worker.ts');

const [dark, light] = [greyPng(20), greyPng(230)];
const bad = latin1('no image');

let edge: TestEdge;
beforeEach(async () => {
  edge = await createTestEdge();
  services.current = edge.services;
  await edge.publish('birds', 3);
  await edge.publish('ants', 1, ['x', 'y']);
});

function post(path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  const init = {
    method: 'POST',
    body: body as BodyInit,
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
  };
  const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
  return Promise.resolve(app.request(path, init, {}, context as never));
}
const postForm = (path: string, parts: TestPart[], headers: Record<string, string> = {}) =>
  post(path, formOf(parts), { 'content-type': 'multipart/form-data; boundary=b0undary', ...headers });
const json = async (response: Promise<Response>) => {
  const answer = await response;
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json();
};
const problem = async (response: Promise<Response>) => {
  const { type, status, ...rest } = await (await response).json();
  return { ...rest, type: type.replace('/problems/', ''), status, told: (await response).status };
};
const birds = '/v1/heads/birds/classify';

describe('a form', () => {
  const photos = [file('d.png', dark), file('l.png', light)];

  it('is answered item by item, in its order, as each image would be by itself', async () => {
    const { head, version, results } = await json(postForm(birds, [field('note', bad), ...photos]));
    expect({ head, version }).toEqual({ head: 'birds', version: 3 });
    for (const [i, image] of [dark, light].entries()) {
      const { head: _, version: __, ...verdict } = await json(post(birds, image));
      expect(results[i]).toEqual({ name: photos[i] === photos[0] ? 'd.png' : 'l.png', ...verdict });
    }
    expect(results[0]).not.toEqual(results[1]);
  });

  it('has an error for each image that is none, and answers for the others', async () => {
    const { results } = await json(postForm(birds, [file('bad', bad), ...photos]));
    expect(results[0]).toEqual({
      name: 'bad',
      error: expect.objectContaining({
        type: '/problems/unsupported-image',
        status: 415,
        title: expect.any(String),
      }),
    });
    expect(results.slice(1).every((item: object) => 'predictions' in item)).toBe(true);
  });

  it('of nothing but bad images is an answer too', async () => {
    const { version, results } = await json(postForm(birds, [file('bad', bad)]));
    expect(version).toBe(3);
    expect(results).toMatchObject([{ error: { status: 415 } }]);
  });

  it('is answered by one version, whatever goes live meanwhile', async () => {
    await edge.publish('birds', 4);
    const { coder } = edge.services;
    const slow: typeof coder = {
      ...coder,
      async codes(...work) {
        await edge.publish('birds', 5);
        await edge.services.heads.get('birds', () => {}, 5);
        return coder.codes(...work);
      },
    };
    services.current = { ...edge.services, coder: slow };
    const { version, results } = await json(postForm(birds, photos));
    expect(version).toBe(4);
    expect((await json(post(birds, dark))).version).toBe(5);
    expect(results).toHaveLength(2);
  });

  it('that is none, has no image, or too many, is refused whole', async () => {
    expect(await problem(postForm(birds, []))).toMatchObject({ type: 'invalid-multipart', told: 400 });
    expect(await problem(postForm(birds, [field('a', dark)]))).toMatchObject({ type: 'invalid-multipart' });
    const many = Array.from({ length: 17 }, (_, i) => file(`${i}`, dark));
    expect(await problem(postForm(birds, many))).toMatchObject({
      type: 'too-many-images',
      told: 413,
      maxImages: 16,
    });
    const headers = { 'content-type': 'multipart/form-data; boundary=other' };
    expect(await problem(post(birds, formOf(photos), headers))).toMatchObject({ type: 'invalid-multipart' });
  });

  it('without a boundary is taken for what its bytes are', async () => {
    await json(post(birds, dark, { 'content-type': 'multipart/form-data' }));
  });

  it('for a head that does not exist is 404', async () => {
    expect(await problem(postForm('/v1/heads/none/classify', photos))).toMatchObject({
      type: 'not-found',
      told: 404,
    });
  });
});

describe('several heads', () => {
  it('are asked about one code, and answer in the order in which they were named', async () => {
    const { heads } = await json(post('/v1/classify?heads=birds,ants', dark));
    expect(edge.coded).toEqual([2]);
    expect(heads[0]).toEqual(await json(post(birds, dark)));
    expect(heads[1]).toEqual(await json(post('/v1/heads/ants/classify', dark)));
  });

  it('are told with their versions in one header and one tag', async () => {
    await edge.publish('été', 2);
    const response = await post('/v1/classify?heads=birds,%C3%A9t%C3%A9', dark);
    expect(response.headers.get('headwater-version')).toBe('birds=3, %C3%A9t%C3%A9=2');
    expect(response.headers.get('etag')).toBe(`"3.2:${await sha256(dark)}"`);
  });

  it('answer beside one that cannot, without a tag', async () => {
    const response = await post('/v1/classify?heads=none,birds', dark);
    expect(response.headers.get('headwater-version')).toBe('birds=3');
    expect(response.headers.has('etag')).toBe(false);
    expect(await response.json()).toMatchObject({
      heads: [
        { head: 'none', error: { type: '/problems/not-found', status: 404 } },
        { head: 'birds', version: 3 },
      ],
    });
  });

  it('none of which exists are 404', async () => {
    expect(await problem(post('/v1/classify?heads=none,nor', dark))).toMatchObject({
      type: 'not-found',
      told: 404,
    });
  });

  it('answer about each image of a form', async () => {
    const { results } = await json(
      postForm('/v1/classify?heads=birds,ants', [file('d', dark), file('bad', bad), file('l', light)]),
    );
    expect(results[0]).toEqual({ name: 'd', ...(await json(post('/v1/classify?heads=birds,ants', dark))) });
    expect(results[1]).toMatchObject({ name: 'bad', error: { status: 415 } });
    expect(results[2].heads).toHaveLength(2);
  });

  it.each([
    ['', 'bad-request'],
    ['?heads=', 'invalid-name'],
    ['?heads=a,', 'invalid-name'],
    ['?heads=a/b', 'invalid-name'],
    ['?heads=a,a', 'bad-request'],
    ['?heads=a&heads=b', 'bad-request'],
    [`?heads=${'abcdefghi'.split('').join(',')}`, 'bad-request'],
    ['?heads=a,b&minVersion=1', 'bad-request'],
    ['?heads=a&minVersion=x', 'bad-request'],
  ])('%s is refused', async (query, type) => {
    expect(await problem(post(`/v1/classify${query}`, dark))).toMatchObject({ type, told: 400 });
  });
});

describe('topK', () => {
  it('leaves the likeliest; more than there are is all', async () => {
    const all = (await json(post(birds, dark))).predictions;
    expect((await json(post(`${birds}?topK=2`, dark))).predictions).toEqual(all.slice(0, 2));
    expect((await json(post(`${birds}?topK=99`, dark))).predictions).toEqual(all);
    const { heads } = await json(post('/v1/classify?heads=birds,ants&topK=1', dark));
    expect(heads.map(({ predictions }: { predictions: object[] }) => predictions.length)).toEqual([1, 1]);
  });

  it.each(['0', '-1', 'NaN', '1.5', '1e3', '', '%201'])('%s is refused', async (value) => {
    expect(await problem(post(`${birds}?topK=${value}`, dark))).toMatchObject({
      type: 'bad-request',
      told: 400,
    });
  });
});

describe('minVersion', () => {
  it('finds the version that has just come, and no request before it', async () => {
    expect((await json(post(birds, dark))).version).toBe(3);
    await edge.publish('birds', 4);
    expect((await json(post(birds, dark))).version).toBe(3);
    expect((await json(post(`${birds}?minVersion=4`, dark))).version).toBe(4);
    expect((await json(post(birds, dark))).version).toBe(4);
  });

  it('that has not come is a conflict, with what there is', async () => {
    expect(await problem(post(`${birds}?minVersion=9`, dark))).toMatchObject({
      type: 'version-not-live',
      told: 409,
      stable: 3,
      minVersion: 9,
    });
  });

  it('of several heads is one number for each', async () => {
    const { heads } = await json(post('/v1/classify?heads=birds,ants&minVersion=9,0', dark));
    expect(heads).toMatchObject([
      { error: { type: '/problems/version-not-live', stable: 3 } },
      { version: 1 },
    ]);
  });
});

describe('a tag', () => {
  it('names version and image, and spares decoding and coding to whoever has it', async () => {
    const first = await post(birds, dark);
    const etag = first.headers.get('etag')!;
    expect(etag).toBe(`"3:${await sha256(dark)}"`);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toContain('Authorization');
    edge.coded.length = 0;
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await post(birds, dark, { 'if-none-match': header });
      expect([again.status, await again.text()]).toEqual([304, '']);
      expect(again.headers.get('etag')).toBe(etag);
      expect(again.headers.get('headwater-version')).toBe('3');
    }
    expect(edge.coded).toEqual([]);
  });

  it('is another for another image, and after another version has gone live', async () => {
    const etag = (await post(birds, dark)).headers.get('etag')!;
    expect((await post(birds, light, { 'if-none-match': etag })).status).toBe(200);
    await edge.publish('birds', 4);
    expect((await post(`${birds}?minVersion=4`, dark, { 'if-none-match': etag })).status).toBe(200);
  });

  it('a form has none', async () => {
    const response = await postForm(birds, [file('d', dark)], { 'if-none-match': '*' });
    expect([response.status, response.headers.has('etag')]).toEqual([200, false]);
  });
});

describe('codes', () => {
  const rows = { accept: 'application/octet-stream' };
  const numbers = async (response: Response) => Array.from(new Float32Array(await response.arrayBuffer()));

  it('of a form are rows in its order, null and an error where there is none', async () => {
    const answer = await json(postForm('/v1/codes', [file('d', dark), file('bad', bad), file('l', light)]));
    const [one] = (await json(post('/v1/codes', dark))).codes;
    const [two] = (await json(post('/v1/codes', light))).codes;
    expect(answer).toEqual({
      backbone: 'tiny',
      tap: 'final',
      dims: 4,
      codes: [one, null, two],
      errors: [{ index: 1, name: 'bad', error: expect.objectContaining({ status: 415 }) }],
    });
  });

  it('of a form of bad images have no length', async () => {
    const answer = await json(postForm('/v1/codes', [file('bad', bad)]));
    expect(answer).toMatchObject({ dims: null, codes: [null], errors: [{ index: 0 }] });
  });

  it('are float32 rows for whoever asks, if every image has one', async () => {
    const good = await postForm('/v1/codes', [file('d', dark), file('l', light)], rows);
    expect(good.headers.get('headwater-dims')).toBe('4');
    const { codes } = await json(postForm('/v1/codes', [file('d', dark), file('l', light)]));
    expect(await numbers(good)).toEqual(codes.flat());
    expect(await problem(postForm('/v1/codes', [file('d', dark), file('bad', bad)], rows))).toMatchObject({
      type: 'unsupported-image',
      told: 415,
      index: 1,
      detail: expect.stringMatching(/^Image 1 \("bad"\)/),
    });
  });

  it('of one image are as they were', async () => {
    const { codes, ...answer } = await json(post('/v1/codes', dark));
    expect(answer).toEqual({ backbone: 'tiny', tap: 'final', dims: 4 });
    expect(await numbers(await post('/v1/codes', dark, rows))).toEqual(codes[0]);
    expect((await post('/v1/codes', dark)).headers.get('vary')).toContain('Accept');
  });
});
