// Whatever is sent to any route, the answer is a clear problem: the status and type that the contract states,
// nothing from inside, never a 5xx; and the Worker goes on answering.

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { insertSegment } from '../../lib/image/testing/exif.ts';
import { encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { badForms, formType } from '../support/bad-input/forms.ts';
import { badImages, imageTakers, jpeg, picture, text } from '../support/bad-input/images.ts';
import { badTrainings, badVersions, malformed, notObjects } from '../support/bad-input/json.ts';
import { checkProblem } from '../support/bad-input/problem.ts';
import {
  absent,
  badNames,
  call,
  good,
  noTrainings,
  places,
  routes,
  stalling,
  wrongKeys,
} from '../support/bad-input/requests.ts';
import { useInstance } from '../support/instance.ts';
import { type RawRequest, send, sendWithoutEnd } from '../support/raw-http.ts';
import { datasetOf, digits, teachAll, train } from '../support/steps.ts';

const hw = useInstance();
let stalled: Promise<{ status: number | null }[]>;

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

/** The promise itself. */
async function expectProblem(request: RawRequest, status: number, type: string): Promise<void> {
  checkProblem(await ask(request), status, type);
}

describe('keys', () => {
  it.each(routes.map((route) => [call(route), route] as const))('%s', async (_, route) => {
    for (const [, authorization] of wrongKeys) {
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
    checkProblem(await send(hw.stack.url, route), 401, 'unauthorized');
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
  it.each(badNames)('%s is no name anywhere', async (name) => {
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
      // Whoever parses the URL resolves the dots: a head's /classify becomes the one of no head in particular.
      expect([400, 404, 405], `${call(request)} ${body}`).toContain(status);
    }
    for (const backbone of ['', '.', '..'])
      await expectProblem(
        { method: 'POST', path: `/v1/codes?backbone=${backbone}`, body: good },
        400,
        'invalid-name',
      );
    for (const heads of ['', '.', '..', 'digits,', ',digits'])
      await expectProblem(
        { method: 'POST', path: `/v1/classify?heads=${heads}`, body: good },
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
  it.each(badImages)('%s', async (_, body, status, type) => {
    for (const request of imageTakers(body)) await expectProblem(request, status, type);
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
    for (const request of imageTakers(encodePng(picture(1, 1))))
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

describe('forms', () => {
  it.each(badForms)('%s', async (_, body, status, type, contentType = formType) => {
    const headers = { 'content-type': contentType };
    for (const path of ['/v1/codes', '/v1/heads/digits/classify', '/v1/classify?heads=digits'])
      await expectProblem({ method: 'POST', path, headers, body }, status, type);
  });
});

describe('JSON', () => {
  const json = JSON.stringify;
  const takers = ['trainings', 'promote', 'rollback'].map((what) => `/v1/heads/digits/${what}`);
  const post = (path: string, body: string | Uint8Array): RawRequest => ({ method: 'POST', path, body });

  it.each(malformed)('%s', async (_, body) => {
    for (const path of takers) await expectProblem(post(path, body), 400, 'invalid-json');
  });

  it.each(notObjects)('%s where an object belongs', async (_, body) => {
    for (const path of takers) await expectProblem(post(path, body), 400, 'bad-request');
  });

  it('more than 64 KiB', async () => {
    for (const path of takers)
      await expectProblem(post(path, json({ x: 'x'.repeat(70_000) })), 413, 'body-too-large');
  });

  const training = '/v1/heads/new/trainings';
  it.each(badTrainings)('a training with %s', async (_, body, status, type) => {
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

  it.each(badVersions)('version %s', async (_, version, status, type) => {
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
  it.each(absent)('$method $path', async (request, status, type) => {
    await expectProblem(request, status, type);
  });

  it.each(noTrainings)('training %s', async (id) => {
    await expectProblem({ method: 'GET', path: `/v1/trainings/${id}` }, 404, 'not-found');
    await expectProblem({ method: 'GET', path: `/v1/trainings/${id}/events` }, 404, 'not-found');
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
