// Whatever is sent to any route, the answer is a clear problem: the status and type that the contract states,
// nothing from inside, never a 5xx; and the Worker goes on answering.

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { insertSegment } from '../../lib/image/testing/exif.ts';
import { haveSampleImages, jpegFixture, sampleImage } from '../../lib/image/testing/fixtures-node.ts';
import { chunk, encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { useInstance } from '../support/instance.ts';
import { type RawAnswer, type RawRequest, send, sendWithoutEnd } from '../support/raw-http.ts';
import { datasetOf, digits, teachAll, train } from '../support/steps.ts';

const hw = useInstance();
const good = digits(['0'], 500, 1)[0]!.png;
const nothing = '0'.repeat(64);
const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const base64url = (text: string) => Buffer.from(text).toString('base64url');

beforeAll(async () => {
  await teachAll(hw.api, 'two', digits(['0', '1'], 0, 4));
  await teachAll(hw.api, 'one', digits(['0'], 0, 2));
  expect(await train(hw.api, 'digits', 'two')).toMatchObject({ status: 'succeeded' });
  stalled = Promise.all(
    stalling.map(([line]) => sendWithoutEnd(hw.stack.url, head(line, 'Content-Length: 1000'))),
  );
});

afterEach(async () => {
  expect((await ask({ method: 'POST', path: '/v1/codes', body: good })).status).toBe(200);
});

const key = () => ({ authorization: `Bearer ${hw.stack.keys.apiKey}` });
const ask = (request: RawRequest) =>
  send(hw.stack.url, { ...request, headers: { ...key(), ...request.headers } });

const head = (line: string, length: string) =>
  `${line} HTTP/1.1\r\nHost: headwater\r\nAuthorization: ${key().authorization}\r\n${length}`;

/** Bodies that are promised and never sent, and what the answer is all the same. They take 20 s, so they are
 *  under way while all else is asked. */
const stalling = [
  ['GET /v1/datasets/two', 200],
  ['POST /nope', 404],
  ['DELETE /v1/codes', 405],
  ['PUT /v1/datasets/a%00b/examples/a', 400],
  ['POST /v1/codes', 400],
  ['POST /v1/heads/digits/rollback', 400],
] as const;
let stalled: Promise<{ status: number | null }[]>;

/** The promise itself. */
async function expectProblem(request: RawRequest, status: number, type: string): Promise<RawAnswer> {
  return checkProblem(await ask(request), status, type);
}

async function checkProblem(answer: RawAnswer, status: number, type: string): Promise<RawAnswer> {
  const text = answer.body.toString();
  expect(answer.headers['content-type'], text).toBe('application/problem+json');
  const problem = JSON.parse(text);
  expect(problem).toMatchObject({ type: `/problems/${type}`, status });
  expect(answer.status).toBe(status);
  expect(problem.title).toMatch(/^[A-Z]/);
  expect(problem.detail).toMatch(/^["A-Z].{10,}\.$/s);
  expect(text).not.toMatch(/\.ts\b|\bat \S+:\d|node_modules|TypeError|undefined is not|\[object /);
  return answer;
}

/** Every route with a key, with parameters that exist. */
const routes: RawRequest[] = [
  { method: 'PUT', path: '/v1/datasets/two/examples/0', body: good },
  { method: 'GET', path: '/v1/datasets/two' },
  { method: 'POST', path: '/v1/datasets/two/rebuild' },
  { method: 'GET', path: `/v1/datasets/two/examples/0/${nothing}` },
  { method: 'DELETE', path: `/v1/datasets/two/examples/0/${nothing}` },
  { method: 'POST', path: '/v1/heads/digits/trainings', body: '{"dataset":"two"}' },
  { method: 'GET', path: `/v1/trainings/${base64url('two')}.${ulid}` },
  { method: 'POST', path: `/v1/trainings/${base64url('two')}.${ulid}/cancel` },
  { method: 'GET', path: '/v1/heads/digits' },
  { method: 'GET', path: '/v1/heads/digits/versions' },
  { method: 'POST', path: '/v1/heads/digits/promote', body: '{"version":1}' },
  { method: 'POST', path: '/v1/heads/digits/rollback', body: '{}' },
  { method: 'POST', path: '/v1/heads/digits/classify', body: good },
  { method: 'POST', path: '/v1/codes', body: good },
  { method: 'GET', path: '/v1/backbones' },
];
const call = ({ method, path }: RawRequest) => `${method} ${path.slice(0, 60)}`;

describe('keys', () => {
  const wrong: [string, string | undefined][] = [
    ['no key', undefined],
    ['a wrong key', 'Bearer nonsense'],
    ['Basic', 'Basic YTpi'],
    ['a bare word', 'Bearer'],
    ['two keys', 'Bearer a b'],
    ['8 KB of key', `Bearer ${'x'.repeat(8000)}`],
  ];
  it.each(routes.map((route) => [call(route), route] as const))('%s', async (_, route) => {
    for (const [, authorization] of wrong) {
      // A name that is wrong too is none of a stranger's business.
      const path = route.path.replace(/\/(two|digits)/, '/a%00b');
      const answer = await send(hw.stack.url, {
        ...route,
        path,
        headers: authorization ? { authorization } : {},
      });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(JSON.parse(answer.body.toString()).type).toBe('/problems/unauthorized');
    }
    await checkProblem(await send(hw.stack.url, route), 401, 'unauthorized');
  });

  it('a photo that comes with a wrong key gets its answer, not a broken connection', async () => {
    const headers = { authorization: 'Bearer nonsense' };
    for (let i = 0; i < 5; i++) {
      const answer = await send(hw.stack.url, {
        method: 'POST',
        path: '/v1/codes',
        headers,
        body: new Uint8Array(8e6),
      });
      expect(answer.status).toBe(401);
    }
  });
});

describe('names', () => {
  const bad = [
    ...['a%2Fb', 'a%5Cb', 'a%00b', 'a%0Ab', '%20a', 'a%20', 'a+b', 'a%3Ab', '%F0%9F%90%9C'],
    ...['%ED%A0%80', '%FF', '%', '%zz', '%C2%AD', 'a%E2%80%8Db', `${'x'.repeat(65)}`, '%C3%A9'.repeat(65)],
  ];
  const places = (name: string): RawRequest[] => [
    { method: 'PUT', path: `/v1/datasets/${name}/examples/a`, body: good },
    { method: 'PUT', path: `/v1/datasets/ds/examples/${name}`, body: good },
    { method: 'GET', path: `/v1/datasets/${name}` },
    { method: 'POST', path: `/v1/datasets/${name}/rebuild` },
    { method: 'GET', path: `/v1/datasets/ds/examples/${name}/${nothing}` },
    { method: 'DELETE', path: `/v1/datasets/${name}/examples/a/${nothing}` },
    { method: 'POST', path: `/v1/heads/${name}/trainings`, body: '{"dataset":"two"}' },
    { method: 'GET', path: `/v1/heads/${name}` },
    { method: 'GET', path: `/v1/heads/${name}/versions` },
    { method: 'POST', path: `/v1/heads/${name}/promote`, body: '{"version":1}' },
    { method: 'POST', path: `/v1/heads/${name}/rollback`, body: '{}' },
    { method: 'POST', path: `/v1/heads/${name}/classify`, body: good },
    { method: 'POST', path: `/v1/codes?backbone=${name === 'a+b' ? 'a%2Bb' : name}`, body: good },
  ];
  it.each(bad)('%s is no name anywhere', async (name) => {
    for (const request of places(name)) {
      // In a query, a plus is a space and what cannot be decoded stays as it is.
      const { status, body } = await ask(request);
      expect(status, `${call(request)} ${body}`).toBe(400);
      expect(JSON.parse(body.toString()).type).toBe('/problems/invalid-name');
    }
    await expectProblem(places(name)[0]!, 400, 'invalid-name');
  });

  it.each(['', '.', '..', '%2e', '%2E%2e', '.%2e'])('"%s" leads nowhere', async (name) => {
    for (const request of places(name).filter(({ path }) => !path.includes('?'))) {
      const { status, body } = await ask(request);
      expect([404, 405], `${call(request)} ${body}`).toContain(status);
    }
    for (const backbone of ['', '.', '..'])
      await expectProblem(
        { method: 'POST', path: `/v1/codes?backbone=${backbone}`, body: good },
        400,
        'invalid-name',
      );
  });

  it('names that are data in a body are held to the same rule', async () => {
    for (const dataset of ['..', 'a/b', 'a\0b', '\ud800', '', ' a', 'x'.repeat(65)])
      for (const body of [{ dataset }, { dataset: 'two', backbone: dataset }])
        await expectProblem(
          { method: 'POST', path: '/v1/heads/h/trainings', body: JSON.stringify(body) },
          400,
          'invalid-name',
        );
  });

  it('a name of combining marks and its composed twin are one', async () => {
    const label = (name: string) => `/v1/datasets/twins/examples/${encodeURIComponent(name)}`;
    const first = await ask({ method: 'PUT', path: label('cafe\u0301'), body: good });
    const second = await ask({ method: 'PUT', path: label('caf\u00e9'), body: good });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(JSON.parse(second.body.toString())).toEqual(JSON.parse(first.body.toString()));
    expect(await datasetOf(hw.api, 'twins')).toMatchObject({ labels: { 'caf\u00e9': 1 }, examples: 1 });
  });

  it('64 code points of any script are a name, and so is what JavaScript calls its prototype', async () => {
    for (const name of ['𠀀'.repeat(64), 'चींटी', '__proto__', 'constructor', '...']) {
      const path = `/v1/datasets/odd/examples/${encodeURIComponent(name)}`;
      expect(JSON.parse((await ask({ method: 'PUT', path, body: good })).body.toString())).toMatchObject({
        label: name,
      });
    }
  });
});

describe('images', () => {
  const jpeg = jpegFixture('baseline 4:2:0').file;
  const text = (value: string) => new TextEncoder().encode(value);
  const bomb = Buffer.from(encodePng(picture(1, 1)));
  bomb.writeUInt32BE(30_000, 16);
  bomb.writeUInt32BE(30_000, 20);
  const honestBomb = Buffer.concat([
    bomb.subarray(0, 8),
    chunk('IHDR', bomb.subarray(16, 29)),
    bomb.subarray(33),
  ]);
  const bad: [string, Uint8Array, number, string][] = [
    ['nothing', new Uint8Array(), 422, 'invalid-image'],
    ['text', text('Hello, I am a picture.'), 415, 'unsupported-image'],
    ['JSON', text('{"image": 1}'), 415, 'unsupported-image'],
    ['SVG', text('<svg xmlns="http://www.w3.org/2000/svg"></svg>'), 415, 'unsupported-image'],
    ['HTML', text('<!doctype html><p>hello'), 415, 'unsupported-image'],
    ['a GIF', text('GIF89a\x01\0\x01\0'), 415, 'unsupported-image'],
    ['a WebP', text('RIFF\x10\0\0\0WEBPVP8 '), 415, 'unsupported-image'],
    ['an AVIF', text('\0\0\0\x1cftypavif\0\0\0\0'), 415, 'unsupported-image'],
    ['a PDF', text('%PDF-1.7\n%'), 415, 'unsupported-image'],
    ['zeros', new Uint8Array(1000), 415, 'unsupported-image'],
    ['the first bytes of a JPEG', jpeg.subarray(0, 3), 422, 'invalid-image'],
    ['half a JPEG', jpeg.subarray(0, jpeg.length >> 1), 422, 'invalid-image'],
    ['a JPEG without its end', jpeg.subarray(0, jpeg.length - 40), 422, 'invalid-image'],
    ['a PNG signature', encodePng(picture(1, 1)).subarray(0, 8), 422, 'invalid-image'],
    ['half a PNG', encodePng(picture(40, 40)).subarray(0, 60), 422, 'invalid-image'],
    ['a PNG bomb', honestBomb, 422, 'image-too-many-pixels'],
    ['a PNG whose header was altered', bomb, 422, 'invalid-image'],
    ['a PNG of no size', encodePng(picture(0, 0)), 422, 'invalid-image'],
    ['17 MiB', new Uint8Array(17 << 20), 413, 'body-too-large'],
  ];
  if (haveSampleImages) {
    bad.push(['the bomb of the samples', sampleImage('bomb-30000x30000.png'), 422, 'image-too-many-pixels']);
    bad.push(['the truncated sample', sampleImage('truncated.jpg'), 422, 'invalid-image']);
  }
  const takers = (body: Uint8Array): RawRequest[] => [
    { method: 'PUT', path: '/v1/datasets/bad/examples/a', body },
    { method: 'POST', path: '/v1/heads/digits/classify', body },
    { method: 'POST', path: '/v1/codes', body },
  ];

  it.each(bad)('%s', async (_, body, status, type) => {
    for (const request of takers(body)) await expectProblem(request, status, type);
  });

  it('what was refused was not taught', async () => {
    await expectProblem({ method: 'GET', path: '/v1/datasets/bad' }, 404, 'not-found');
  });

  it('a declared type decides nothing', async () => {
    for (const type of ['text/html', 'application/json', 'multipart/form-data', 'image/gif', 'nonsense']) {
      const headers = { 'content-type': type };
      expect((await ask({ method: 'POST', path: '/v1/codes', headers, body: good })).status).toBe(200);
    }
    const headers = { 'content-type': 'image/jpeg' };
    await expectProblem(
      { method: 'POST', path: '/v1/codes', headers, body: 'text' },
      415,
      'unsupported-image',
    );
  });

  it('one pixel is a picture', async () => {
    for (const request of takers(encodePng(picture(1, 1))))
      expect((await ask(request)).status).toBeLessThan(300);
  });

  it('an example that is a web page too is served as the picture that it is, in a sandbox', async () => {
    const page = [...text('<html><script>alert(1)</script>')];
    const body = insertSegment(jpeg, 0xfe, page);
    const headers = { 'content-type': 'text/html' };
    const put = await ask({ method: 'PUT', path: '/v1/datasets/polyglot/examples/a', headers, body });
    const { digest } = JSON.parse(put.body.toString());
    const got = await ask({ method: 'GET', path: `/v1/datasets/polyglot/examples/a/${digest}` });
    expect(new Uint8Array(got.body)).toEqual(body);
    expect(got.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect(got.headers['cache-control']).toContain('private');
  });
});

describe('JSON', () => {
  const deep = (open: string, close = '') => open.repeat(10_000) + close.repeat(10_000);
  const json = JSON.stringify;
  const malformed: [string, string | Uint8Array][] = [
    ['half an object', '{'],
    ['trailing words', '{} and more'],
    ['a comment', '{/* */}'],
    ['broken UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['arrays without end', deep('[')],
    ['objects without end', deep('{"a":')],
    ['an image', good],
  ];
  const takers = ['trainings', 'promote', 'rollback'].map((what) => `/v1/heads/digits/${what}`);
  const post = (path: string, body: string | Uint8Array): RawRequest => ({ method: 'POST', path, body });

  it.each(malformed)('%s', async (_, body) => {
    for (const path of takers) await expectProblem(post(path, body), 400, 'invalid-json');
  });

  it.each([
    ['10,000 arrays', deep('[', ']')],
    ['null', 'null'],
    ['a string', '"two"'],
    ['a number', '1e999'],
    ['a list', '[{}]'],
  ])('%s where an object belongs', async (_, body) => {
    for (const path of takers) await expectProblem(post(path, body), 400, 'bad-request');
  });

  it('more than 64 KiB', async () => {
    for (const path of takers)
      await expectProblem(post(path, json({ x: 'x'.repeat(70_000) })), 413, 'body-too-large');
  });

  const training = '/v1/heads/new/trainings';
  const two = { dataset: 'two' };
  it.each<[string, object | string, number, string]>([
    ['nothing', '', 400, 'bad-request'],
    ['no dataset', {}, 400, 'bad-request'],
    ['a number as dataset', { dataset: 1 }, 400, 'bad-request'],
    ['a dataset in the prototype', '{"__proto__":{"dataset":"two"}}', 400, 'bad-request'],
    ['an unknown strategy', { ...two, strategy: 'magic' }, 400, 'bad-request'],
    ['an unknown kind', { ...two, kind: 'forest' }, 400, 'bad-request'],
    ['an unknown backbone', { ...two, backbone: 'none' }, 404, 'unknown-backbone'],
    ['an unknown tap', { ...two, tap: 'none' }, 400, 'unknown-tap'],
    ['a tap of the prototype', { ...two, tap: 'constructor' }, 400, 'unknown-tap'],
    ['a tap of 10,000 characters', { ...two, tap: 'x'.repeat(10_000) }, 400, 'bad-request'],
    ['a negative seed', { ...two, seed: -1 }, 400, 'bad-request'],
    ['half a seed', { ...two, seed: 0.5 }, 400, 'bad-request'],
    ['a seed of 2^32', { ...two, seed: 2 ** 32 }, 400, 'bad-request'],
    ['an infinite seed', '{"dataset":"two","seed":1e999}', 400, 'bad-request'],
    ['an empty dataset', { dataset: 'empty' }, 409, 'too-few-examples'],
    ['a dataset of one label', { dataset: 'one' }, 409, 'too-few-examples'],
    ['the last of two datasets', '{"dataset":"two","dataset":"empty"}', 409, 'too-few-examples'],
  ])('a training with %s', async (_, body, status, type) => {
    await expectProblem(post(training, typeof body === 'string' ? body : json(body)), status, type);
    await expectProblem({ method: 'GET', path: '/v1/heads/new' }, 404, 'not-found');
  });

  it('a head stays with its dataset', async () => {
    await teachAll(hw.api, 'other', digits(['0', '1'], 10, 2));
    await expectProblem(
      post('/v1/heads/digits/trainings', '{"dataset":"other"}'),
      409,
      'head-bound-elsewhere',
    );
  });

  it.each<[string, unknown, number, string]>([
    ['zero', 0, 400, 'bad-request'],
    ['a negative one', -1, 400, 'bad-request'],
    ['half a one', 1.5, 400, 'bad-request'],
    ['text', '1', 400, 'bad-request'],
    ['1e300', 1e300, 400, 'bad-request'],
    ['more than a double holds', 2 ** 53, 400, 'bad-request'],
    ['a list', [1], 400, 'bad-request'],
    ['one that is not published', 99, 404, 'not-found'],
  ])('version %s', async (_, version, status, type) => {
    for (const what of ['promote', 'rollback'])
      await expectProblem(post(`/v1/heads/digits/${what}`, json({ version })), status, type);
  });

  it('promotions and rollbacks that make no sense', async () => {
    await expectProblem(post('/v1/heads/digits/promote', '{}'), 400, 'bad-request');
    await expectProblem(post('/v1/heads/digits/promote', '{"version":1,"channel":"x"}'), 400, 'bad-request');
    await expectProblem(
      post('/v1/heads/digits/rollback', json({ reason: 'x'.repeat(501) })),
      400,
      'bad-request',
    );
    await expectProblem(post('/v1/heads/digits/rollback', ''), 409, 'nothing-to-roll-back');
    for (const what of ['promote', 'rollback'])
      await expectProblem(post(`/v1/heads/none/${what}`, '{"version":1}'), 404, 'not-found');
  });
});

describe('what is not there', () => {
  it.each<[RawRequest, number, string]>([
    [{ method: 'GET', path: '/v1/datasets/none' }, 404, 'not-found'],
    [{ method: 'GET', path: '/v1/heads/none' }, 404, 'not-found'],
    [{ method: 'GET', path: '/v1/heads/none/versions' }, 404, 'not-found'],
    [{ method: 'POST', path: '/v1/heads/none/classify', body: good }, 404, 'not-found'],
    [{ method: 'GET', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
    [{ method: 'DELETE', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
    [{ method: 'GET', path: `/v1/datasets/none/examples/0/${nothing}` }, 404, 'not-found'],
    [{ method: 'GET', path: '/v1/datasets/two/examples/0/abc' }, 400, 'invalid-name'],
    [{ method: 'DELETE', path: `/v1/datasets/two/examples/0/${'A'.repeat(64)}` }, 400, 'invalid-name'],
    [{ method: 'POST', path: '/v1/codes?backbone=none', body: good }, 404, 'unknown-backbone'],
    [{ method: 'POST', path: '/v1/codes?backbone=__proto__', body: good }, 404, 'unknown-backbone'],
    [{ method: 'POST', path: '/v1/codes?tap=none', body: good }, 400, 'unknown-tap'],
    [{ method: 'POST', path: '/v1/codes?tap=__proto__', body: good }, 400, 'unknown-tap'],
    [{ method: 'POST', path: '/v1/codes?tap=', body: good }, 400, 'bad-request'],
    [{ method: 'POST', path: '/v1/codes?tap=final&tap=final', body: good }, 400, 'bad-request'],
    [{ method: 'PUT', path: '/v1/datasets/two/examples/0?group=%00', body: good }, 400, 'bad-request'],
    [{ method: 'PUT', path: '/v1/datasets/two/examples/0?subject=', body: good }, 400, 'bad-request'],
    [{ method: 'GET', path: '/problems/none' }, 404, 'not-found'],
    [{ method: 'GET', path: '/problems/__proto__' }, 404, 'not-found'],
    [{ method: 'GET', path: '/' }, 404, 'not-found'],
    [{ method: 'GET', path: '/v1' }, 404, 'not-found'],
    [{ method: 'GET', path: '//v1/backbones' }, 404, 'not-found'],
    [{ method: 'POST', path: '/v2/codes', body: new Uint8Array(1e6) }, 404, 'not-found'],
  ])('$method $path', async (request, status, type) => {
    await expectProblem(request, status, type);
  });

  it.each([
    'x',
    'x.y',
    '%00',
    `two.${ulid}`,
    `${base64url('two')}.${ulid}`,
    `${base64url('none')}.${ulid}`,
    `${base64url('..')}.${ulid}`,
    `${base64url('two')}=.${ulid}`,
    `${base64url('two')}.${ulid}.x`,
    `${base64url('cafe\u0301')}.${ulid}`,
    `${'_'.repeat(8)}.${ulid}`,
    'x'.repeat(3000),
  ])('training %s', async (id) => {
    await expectProblem({ method: 'GET', path: `/v1/trainings/${id}` }, 404, 'not-found');
    await expectProblem({ method: 'POST', path: `/v1/trainings/${id}/cancel` }, 404, 'not-found');
  });

  it('a known path with another method says which it has', async () => {
    for (const { path } of routes) {
      const offered = [...new Set(routes.filter((route) => route.path === path).map(({ method }) => method))];
      for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (offered.includes(method)) continue;
        const answer = await ask({ method, path });
        expect(answer.status, `${method} ${path}`).toBe(405);
        expect(JSON.parse(answer.body.toString()).type).toBe('/problems/method-not-allowed');
        for (const other of offered) expect(answer.headers.allow).toContain(other);
      }
    }
  });
});

describe('bodies', () => {
  it('one that promises too much is refused at once, one without end when it has become too much', async () => {
    const promised = await sendWithoutEnd(
      hw.stack.url,
      head('POST /v1/codes', 'Content-Length: 999999999999'),
    );
    expect(promised.status).toBe(413);
    const endless = await sendWithoutEnd(
      hw.stack.url,
      head('POST /v1/codes', 'Transfer-Encoding: chunked'),
      new Uint8Array(1 << 18).fill(0xff),
    );
    // Whoever goes on sending is cut off in the end, and may miss the answer.
    expect([413, null]).toContain(endless.status);
    expect(endless.sentBytes).toBeLessThan(400 << 20);
  });

  it('one that is promised and never sent holds up no answer that does not need it, and is given up', async () => {
    const answers = await stalled;
    expect(answers.map(({ status }) => status)).toEqual(stalling.map(([, status]) => status));
  });
});

function picture(width: number, height: number) {
  const samples = Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
  return { width, height, bitDepth: 8, colourType: 2, samples } as const;
}
