// Whatever is sent to any route, the answer is a clear problem: the status and type that the contract states,
// nothing from inside, never a 5xx; and the Worker goes on answering.

import { expect, it } from 'vitest';
import { insertSegment } from '../../lib/image/testing/exif.ts';
import { encodePng } from '../../lib/image/testing/png-encoder-node.ts';
import { badForms, formType } from '../support/bad-input/forms.ts';
import { badImages, jpeg, picture, text } from '../support/bad-input/images.ts';
import * as bad from '../support/bad-input/json.ts';
import * as table from '../support/bad-input/routes.ts';
import { useBadInput } from '../support/bad-input/world.ts';
import type { RawRequest } from '../support/raw-http.ts';
import { datasetOf, digits, teachAll } from '../support/steps.ts';

const { hw, ask, group, expectProblem, expectProblems } = useBadInput();
const { good, requestTo } = table;
/** In this dataset nothing is ever kept. */
const elsewhere = { parameters: { ds: 'bad' } };

group('names', () => {
  it.each(['', '.', '..', '%2e', '%2E%2e', '.%2e', '..\\..'])('"%s" leads nowhere', async (name) => {
    for (const route of table.closed.filter((one) => /\{(ds|head|label)\}/.test(one.template))) {
      const last = table.parametersOf(route).findLast((one) => ['ds', 'head', 'label'].includes(one))!;
      const request = requestTo(route, { parameters: { [last]: name } });
      const { status, body } = await ask(request);
      // Whoever parses the URL resolves the dots: a head's /classify becomes the one of no head in particular.
      expect([400, 404, 405], `${request.method} ${request.path} ${body}`).toContain(status);
    }
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
    const [apart, composed] = ['zwo\u0308lf', 'zw\u00f6lf'].map(encodeURIComponent);
    const first = await ask({ method: 'PUT', path: `/v1/datasets/${apart}/examples/${apart}`, body: good });
    const second = await ask({
      method: 'PUT',
      path: `/v1/datasets/${composed}/examples/${composed}`,
      body: good,
    });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(JSON.parse(`${second.body}`)).toEqual(JSON.parse(`${first.body}`));
    expect(await datasetOf(hw.api, 'zw\u00f6lf')).toMatchObject({ labels: { 'zw\u00f6lf': 1 }, examples: 1 });
    const places = [
      '/v1/datasets/NAME',
      '/v1/datasets/two/examples?label=NAME',
      '/v1/trainings?dataset=NAME',
    ];
    places.push('/v1/heads/NAME', '/v1/heads/NAME/versions');
    for (const place of places) {
      const [one, other] = await Promise.all(
        [apart!, composed!].map((name) => ask({ method: 'GET', path: place.replace('NAME', name) })),
      );
      const { instance: _, ...said } = JSON.parse(`${one!.body}`);
      expect(JSON.parse(`${other!.body}`), place).toMatchObject(said);
    }
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

group('images', () => {
  it.each(badImages)('%s', async (_, body, status, type) => {
    await expectProblems(
      table.imageTakers.map((route) => [requestTo(route, { ...elsewhere, body }), status, type]),
    );
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
    for (const route of table.imageTakers)
      expect((await ask(requestTo(route, { body: encodePng(picture(1, 1)) }))).status).toBeLessThan(300);
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

group('forms', () => {
  it.each(badForms)('%s', async (_, body, status, type, contentType = formType) => {
    const headers = { 'content-type': contentType };
    await expectProblems(
      table.formTakers.map((route) => [{ ...requestTo(route, { body }), headers }, status, type]),
    );
  });
});

group('JSON', () => {
  const json = JSON.stringify;
  const post = (path: string, body: string | Uint8Array): RawRequest => ({ method: 'POST', path, body });
  const bodyOf = (body: object | string) =>
    typeof body === 'string' || body instanceof Uint8Array ? body : json(body);

  it.each(bad.malformed)('%s', async (_, body) => {
    await expectProblems(table.jsonTakers.map((route) => [requestTo(route, { body }), 400, 'invalid-json']));
  });

  it.each(bad.notObjects)('%s where an object belongs', async (_, body) => {
    await expectProblems(table.jsonTakers.map((route) => [requestTo(route, { body }), 400, 'bad-request']));
  });

  it('more than 64 KiB', async () => {
    for (const route of table.jsonTakers)
      await expectProblem(requestTo(route, { body: json({ x: 'x'.repeat(70_000) }) }), 413, 'body-too-large');
  });

  it('a declared type decides nothing', async () => {
    for (const type of [
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'x',
    ])
      for (const route of table.jsonTakers)
        await expectProblem(
          { ...requestTo(route, { body: '[]' }), headers: { 'content-type': type } },
          400,
          'bad-request',
        );
  });

  it.each(bad.badTrainings)('a training with %s', async (_, body, status, type) => {
    await expectProblem(post('/v1/heads/new/trainings', bodyOf(body)), status, type);
    await expectProblem({ method: 'GET', path: '/v1/heads/new' }, 404, 'not-found');
  });

  it.each(bad.badKeys)('a key with %s', async (_, body, status, type) => {
    await expectProblem(post('/v1/keys', bodyOf(body)), status, type);
  });

  it.each(bad.badTokens)('a token with %s', async (_, body, status, type) => {
    await expectProblem(post('/v1/tokens', bodyOf(body)), status, type);
  });

  it.each(bad.badGarbage)('a collection of garbage with %s', async (_, body, status, type) => {
    await expectProblem(post('/v1/datasets/two/garbage', bodyOf(body)), status, type);
  });

  it('what was refused has made nothing', async () => {
    const { keys } = JSON.parse((await ask({ method: 'GET', path: '/v1/keys' })).body.toString());
    expect(keys).toEqual([]);
  });

  it('a head stays with its dataset', async () => {
    await teachAll(hw.api, 'other', digits(['0', '1'], 10, 2));
    await expectProblem(
      post('/v1/heads/digits/trainings', '{"dataset":"other"}'),
      409,
      'head-bound-elsewhere',
    );
  });

  it.each(bad.badVersions)('version %s', async (_, version, status, type) => {
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
