// What goes wrong between a command and its service, each told in a sentence. The server is a real one.

import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findService } from './service.ts';

const problem = (status: number, type: string, detail: string) => ({
  status,
  body: JSON.stringify({ type: `/problems/${type}`, status, detail }),
});
const answers: Record<string, { status: number; body: string }> = {
  '/v1/ok': { status: 200, body: '{"objects":3}' },
  '/v1/unknown': problem(404, 'not-found', 'There is no dataset "nope".'),
  '/v1/keyless': problem(401, 'unauthorized', 'A key is missing or wrong.'),
  '/v1/page': { status: 200, body: '<html>' },
  '/v1/proxy': { status: 502, body: '<html>' },
};

let server: Server;
let url: string;
const state = join(tmpdir(), `headwater-no-state-${process.pid}`);
beforeAll(async () => {
  server = createServer((request, response) => {
    const { status, body } = answers[request.url!]!;
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
afterEach(() => vi.unstubAllEnvs());

function environment(values: Record<string, string>) {
  for (const name of ['HEADWATER_URL', 'HEADWATER_KEY']) vi.stubEnv(name, values[name] ?? '');
  vi.stubEnv('HEADWATER_STATE', state);
}

describe('a service', () => {
  it('is asked', async () => {
    environment({});
    const service = await findService(url, 'k');
    expect(await service.ask('POST', '/v1/ok', {})).toEqual({ objects: 3 });
  });

  it.each([
    ['/v1/unknown', 'not-found', /^There is no dataset "nope"\.$/],
    ['/v1/keyless', 'unauthorized', /refuses the key\. .*HEADWATER_KEY/],
    ['/v1/page', 'bad-request', /answered 200, and not as Headwater does/],
    ['/v1/proxy', 'bad-request', /answered 502, and not as Headwater does/],
  ])('that refuses %s is quoted', async (path, type, message) => {
    environment({ HEADWATER_URL: url, HEADWATER_KEY: 'k' });
    const service = await findService(undefined, undefined);
    await expect(service.ask('GET', path)).rejects.toMatchObject({
      type,
      message: expect.stringMatching(message),
    });
  });

  it('that nobody runs cannot be reached', async () => {
    environment({});
    const service = await findService('http://127.0.0.1:1', 'k');
    await expect(service.ask('GET', '/v1/ok')).rejects.toThrow('http://127.0.0.1:1 cannot be reached');
  });

  it.each([
    [{}, 'No service to ask'],
    [{ HEADWATER_KEY: 'k' }, 'No service to ask'],
    [{ HEADWATER_URL: 'https://a.example' }, 'https://a.example wants a key'],
    [{ HEADWATER_URL: 'a.example', HEADWATER_KEY: 'k' }, '"a.example" is no address'],
  ])('that is not named in full is asked for: %o', async (values, message) => {
    environment(values);
    await expect(findService(undefined, undefined)).rejects.toThrow(message);
    expect(existsSync(state)).toBe(false);
  });
});
