// Every route of the API × what is bad in front of its handler: keys, parameters, methods, and requests that are bad
// as HTTP, whose bodies lie about their length, break off, dribble or never end. What reaches a route is answered with
// a problem, what does not is refused in front of it; nothing hangs beyond the stated limits.

import { beforeAll, expect, it } from 'vitest';
import { inParallel } from '../../scripts/demo/in-parallel.ts';
import { tampered, wrongKeys } from '../support/bad-input/keys.ts';
import * as unfit from '../support/bad-input/parameters.ts';
import { checkProblem } from '../support/bad-input/problem.ts';
import { absent, stalling } from '../support/bad-input/requests.ts';
import * as table from '../support/bad-input/routes.ts';
import * as wire from '../support/bad-input/wire.ts';
import { useBadInput } from '../support/bad-input/world.ts';
import { full } from '../support/instance.ts';
import { exchange, type RawRequest, send, sendWithoutEnd } from '../support/raw-http.ts';

const { hw, ask, group, expectProblem, expectProblems, authorization } = useBadInput();
const { good, requestTo, call } = table;
const named = (routes: table.Route[]) => routes.map((route) => [call(route), route] as const);
const head = (line: string, length: string) =>
  `${line} HTTP/1.1\r\nHost: headwater\r\nAuthorization: ${authorization()}\r\n${length}`;
const say = (pieces: wire.Exchange, options = {}) => {
  const withKey = (piece: string) => piece.replace('KEY', `Authorization: ${authorization()}`);
  return exchange(
    hw.stack.url,
    pieces.map((piece) => (typeof piece === 'string' ? withKey(piece) : piece)),
    options,
  );
};

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, unknown> };
  security?: object[];
}
/** As the running instance describes itself: "METHOD /template" → the operation. */
const described = new Map<string, Operation>();
/** Under way while all else is asked: what is never sent is waited for 20 s. */
let stalled: Promise<{ status: number | null }[]>;
/** Sends a byte now and then, for longer than a body may take; in the long proof only. */
let dribbled: Promise<{ status: number | null; body: string }> | undefined;

beforeAll(async () => {
  const document = JSON.parse((await ask({ method: 'GET', path: '/openapi.json' })).body.toString());
  for (const [template, methods] of Object.entries<Record<string, Operation>>(document.paths))
    for (const [method, operation] of Object.entries(methods))
      described.set(`${method.toUpperCase()} ${template}`, operation);
  stalled = Promise.all(
    stalling.map(([line]) => sendWithoutEnd(hw.stack.url, head(line, 'Content-Length: 1000'))),
  );
  const trickle = Array.from({ length: 80 }, () => wire.chunkOf(Uint8Array.of(0xff)));
  if (full)
    dribbled = say([wire.post('/v1/codes', 'Transfer-Encoding: chunked'), ...trickle], {
      pauseMs: 5000,
      endsWith: false,
    });
});

group('the tables', () => {
  it('have every route of /openapi.json, with the kind of its body and whether it is open', () => {
    expect(table.routes.map(call).sort()).toEqual([...described.keys()].sort());
    for (const route of table.routes) {
      const { requestBody, security } = described.get(call(route))!;
      const kinds = {
        image: ['image/*'],
        images: ['image/*', 'multipart/form-data'],
        json: ['application/json'],
      };
      const kind = typeof route.body === 'object' ? 'json' : route.body;
      expect(Object.keys(requestBody?.content ?? {}), call(route)).toEqual(kind ? kinds[kind] : []);
      expect(security?.length === 0, call(route)).toBe(route.open ?? false);
    }
  });

  it('have bad values for every parameter', () => {
    for (const [name, { parameters = [] }] of described)
      for (const parameter of parameters) {
        const values = parameter.in === 'path' ? unfit.badInPath : unfit.badInQuery;
        if (parameter.name === 'id') expect(name).toMatch(/trainings|keys/);
        else expect(Object.keys(values), `${parameter.name} of ${name}`).toContain(parameter.name);
      }
  });
});

group('keys', () => {
  it.each(named(table.closed))('%s', async (_, route) => {
    // A name that is wrong too is none of a stranger's business.
    const request = requestTo(route, { parameters: { ds: 'a%00b', head: 'a%00b' } });
    await inParallel(wrongKeys, 6, async ([what, authorization]) => {
      const headers: RawRequest['headers'] = authorization === undefined ? {} : { authorization };
      const answer = await send(hw.stack.url, { ...request, headers });
      checkProblem(answer, 401, 'unauthorized', what);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    });
  });

  it('a token that was tampered with opens nothing', async () => {
    const body = '{"scope":"infer","ttl":60,"head":"digits"}';
    const { token } = JSON.parse((await ask({ method: 'POST', path: '/v1/tokens', body })).body.toString());
    const classify = (text: string) =>
      ask({
        method: 'POST',
        path: '/v1/heads/digits/classify',
        headers: { authorization: `Bearer ${text}` },
        body: good,
      });
    expect((await classify(token)).status).toBe(200);
    for (const altered of tampered(token))
      checkProblem(await classify(altered), 401, 'unauthorized', altered);
  });

  it('a photo that comes with a wrong key gets its answer, not a broken connection', async () => {
    const headers = { authorization: 'Bearer nonsense' };
    const request = { method: 'POST', path: '/v1/codes', headers, body: new Uint8Array(8e6) };
    for (let i = 0; i < 5; i++) expect((await send(hw.stack.url, request)).status).toBe(401);
  });
});

group('parameters', () => {
  const inPath = table.routes.filter((route) => table.parametersOf(route).length > 0);
  it.each(named(inPath))('of the path: %s', async (_, route) => {
    for (const name of table.parametersOf(route)) {
      const ids = route.template.includes('/trainings/') ? unfit.badTrainingIds : unfit.badKeyIds;
      const rows = name === 'id' ? ids : unfit.badInPath[name]!;
      await expectProblems(
        rows.map(([value, ...answer]) => [requestTo(route, { parameters: { [name]: value } }), ...answer]),
      );
    }
  });

  it.each(named(table.routes))('of the query: %s', async (_, route) => {
    const names = (described.get(call(route))!.parameters ?? []).filter((one) => one.in === 'query');
    for (const { name } of names) {
      // A parameter that the route needs is replaced, not given twice.
      const bare = route.query?.startsWith(`${name}=`) ? { ...route, query: '' } : route;
      await expectProblems(
        unfit.badInQuery[name]!.map(([value, ...answer]) => [
          requestTo(bare, { query: `${name}=${value.replace('NAME', name)}` }),
          ...answer,
        ]),
      );
    }
  });

  it('Idempotency-Keys of no kind', async () => {
    const takers = table.jsonTakers.filter(({ template }) => !template.includes('garbage'));
    for (const value of ['', ' ', 'a b', 'é', 'x'.repeat(256), ['a', 'b']]) {
      const headers = { 'idempotency-key': value };
      await expectProblems(takers.map((route) => [{ ...requestTo(route), headers }, 400, 'bad-request']));
    }
  });
});

group('what is not there', () => {
  it.each(absent)('$method $path', async (request, status, type) => {
    await expectProblem(request, status, type);
  });

  it('a known path with another method says which it has', async () => {
    await inParallel(table.routes, 6, async (route) => {
      const { path } = requestTo(route);
      const same = table.routes.filter(({ template }) => template === route.template);
      const offered = same.map(({ method }) => method);
      for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        if (offered.includes(method)) continue;
        const answer = await ask({ method, path });
        checkProblem(answer, 405, 'method-not-allowed', `${method} ${path}`);
        for (const other of offered) expect(answer.headers.allow).toContain(other);
      }
    });
  });

  it('HEAD is answered as GET, without the body', async () => {
    for (const route of table.routes.filter(({ method }) => method === 'GET')) {
      if (route.template.endsWith('/events')) continue;
      const { path } = requestTo(route);
      const [get, head] = [await ask({ method: 'GET', path }), await ask({ method: 'HEAD', path })];
      expect(head.status, path).toBe(get.status);
      expect(head.body.length, path).toBe(0);
    }
    expect((await ask({ method: 'HEAD', path: '/v1/codes' })).status).toBe(405);
  });
});

group('what reaches a route', () => {
  it.each([...wire.bodies, ...wire.refused])('%s', async (_, pieces, status, type) => {
    const answer = await say(pieces, { pauseMs: 20 });
    expect(answer.head).toMatch(/^content-type: application\/problem\+json/im);
    const body = /\{.*\}/s.exec(answer.body)![0];
    const headers = { 'content-type': 'application/problem+json' };
    checkProblem({ status: answer.status!, headers, body: Buffer.from(body) }, status, type);
  });

  it.each(wire.odd)('%s is answered', async (_, pieces, status) => {
    expect(await say(pieces, { pauseMs: 100 })).toMatchObject({ status });
  });
});

group('what does not reach a route', () => {
  it.each(wire.unparsable)('%s is refused in front of the routes', async (_, pieces) => {
    const { status, body } = await say(pieces, { pauseMs: 20 });
    // A connection that is cut is an answer too.
    if (status !== null) expect(status, body).toBeGreaterThanOrEqual(400);
    if (status !== null) expect(status, body).toBeLessThan(500);
  });

  it.each(wire.brokenOff)('%s is nobody’s fault but the sender’s', async (_, pieces) => {
    const { status, head, body } = await say(pieces, { pauseMs: 20 });
    // Whoever stands in front of the Worker may be the one to notice, and says so in words of its own.
    if (/problem\+json/.test(head)) expect(status, body).toBeLessThan(500);
    expect(body).not.toContain('/problems/internal');
  });
});

group('bodies without end', () => {
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

  it.runIf(full)('one that dribbles is given up after five minutes', { timeout: 400_000 }, async () => {
    const { status, body } = await dribbled!;
    expect(status, body).toBe(400);
    expect(body).toContain('did not arrive in time');
  });
});
