// The HTTP face without what stands behind it: problems, methods, and the document that describes it all.

import { describe, expect, it, vi } from 'vitest';
import { HeadwaterError, problems } from '../../lib/errors/index.ts';
import { singleKey } from '../../lib/trust/index.ts';

// The real services import modules that only workerd's bundle has.
const services = vi.hoisted(() => ({ current: {} as Record<string, unknown> }));
vi.mock('./services.ts', () => ({ servicesOf: async () => services.current }));
const { default: app } = await import('./worker.ts');

const hashOfK = '8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a';
const key = { authorization: 'Bearer k' };
services.current = { keyRing: singleKey(hashOfK) };

interface Operation {
  operationId: string;
  summary: string;
  security?: object[];
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: object;
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
const document = await (await app.request('/openapi.json')).json();
const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
  ([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  it('is version 3.1 with a title and a bearer key', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info).toMatchObject({ title: 'Headwater', version: '1' });
    expect(document.components.securitySchemes.key).toEqual({ type: 'http', scheme: 'bearer' });
  });

  it('describes every route that is registered, and no other', () => {
    const registered = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect([...new Set(described)].sort()).toEqual([...new Set(registered)].sort());
  });

  it('has every call of the contract', () => {
    const described = new Set(operations.map(({ method, path }) => `${method} ${path}`));
    for (const call of [
      'put /v1/datasets/{ds}/examples/{label}',
      'get /v1/datasets/{ds}/examples/{label}/{digest}',
      'delete /v1/datasets/{ds}/examples/{label}/{digest}',
      'get /v1/datasets/{ds}',
      'post /v1/heads/{head}/trainings',
      'post /v1/datasets/{ds}/advice',
      'get /v1/datasets/{ds}/advice',
      'post /v1/backbones',
      'get /v1/trainings/{id}',
      'get /v1/trainings/{id}/events',
      'post /v1/trainings/{id}/cancel',
      'get /v1/heads/{head}',
      'post /v1/heads/{head}/classify',
      'post /v1/classify',
      'get /v1/heads/{head}/versions',
      'post /v1/heads/{head}/promote',
      'post /v1/heads/{head}/rollback',
      'post /v1/codes',
      'get /v1/backbones',
      'get /v1/heads',
      'get /v1/datasets',
      'get /v1/trainings',
      'get /v1/datasets/{ds}/examples',
      'delete /v1/datasets/{ds}/examples',
      'delete /v1/datasets/{ds}',
      'post /v1/datasets/{ds}/garbage',
      'delete /v1/heads/{head}',
      'delete /v1/heads/{head}/versions/{version}',
      'get /healthz',
      'get /readyz',
      'get /openapi.json',
    ])
      expect(described).toContain(call);
  });

  it('names each operation once, with a summary and the parameters of its path', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary.length).toBeGreaterThan(5);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required)).toBe(true);
    }
  });

  it('wants a key for /v1 and for nothing else', () => {
    expect(document.security).toEqual([{ key: [] }]);
    for (const { path, operation } of operations)
      expect(operation.security, path).toEqual(path.startsWith('/v1/') ? undefined : []);
  });

  it('describes every answer, and every error as a problem', () => {
    for (const { path, operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
      if (path.startsWith('/v1/'))
        expect(statuses).toEqual(expect.arrayContaining(['400', '401', '404', '500', '503']));
      if (operation.requestBody) expect(statuses).toContain('413');
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        expect(description.length).toBeGreaterThan(3);
        if (Number(status) >= 400 && path !== '/readyz')
          expect(Object.keys(content!)).toEqual(['application/problem+json']);
      }
    }
  });

  it('is JSON Schema 2020-12 as OpenAPI 3.1 has it: no "nullable", every reference leads somewhere', () => {
    const text = JSON.stringify(document);
    expect(text).not.toContain('"nullable"');
    for (const [, target] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = target!
        .split('/')
        .reduce((at: unknown, part) => (at as Record<string, unknown>)?.[part], document);
      expect(found, target).toBeDefined();
    }
  });
});

describe('problems', () => {
  const failing = (error: unknown) => {
    services.current = {
      keyRing: singleKey(hashOfK),
      control: {
        dataset: async () => {
          throw error;
        },
      },
    };
    return app.request('/v1/datasets/a', { headers: key });
  };

  it.each(Object.entries(problems))('%s is told with status %i', async (type, status) => {
    const response = await failing(
      new HeadwaterError(type as keyof typeof problems, 'Do it otherwise.', { n: 1 }),
    );
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.has('retry-after')).toBe(status === 503);
    expect(response.headers.has('www-authenticate')).toBe(status === 401);
    const problem = await response.json();
    expect(problem).toMatchObject({
      type: `/problems/${type}`,
      status,
      detail: 'Do it otherwise.',
      instance: '/v1/datasets/a',
      n: 1,
    });
    expect(problem.title).not.toBe('Error');
    expect(await (await app.request(problem.type)).json()).toEqual({ type, status });
  });

  it('nothing of an error from inside is told, and the log has it', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const response = await failing(new TypeError('the secret is 42'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/secret|42|TypeError/);
    expect(String(log.mock.calls[0]![0])).toContain('the secret is 42');
    log.mockRestore();
  });
});

describe('methods', () => {
  it('that a path does not have are told, with those that it has', async () => {
    const response = await app.request('/v1/datasets/a/examples/b', { method: 'PATCH', headers: key });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('PUT');
    expect((await app.request('/healthz', { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
  });

  it('HEAD is GET without a body; OPTIONS is none', async () => {
    expect((await app.request('/healthz', { method: 'HEAD' })).status).toBe(200);
    expect((await app.request('/v1/codes', { method: 'HEAD' })).status).toBe(405);
    expect((await app.request('/v1/codes', { method: 'OPTIONS' })).status).toBe(405);
  });

  it('of unknown paths are not told', async () => {
    expect((await app.request('/nowhere', { method: 'PATCH' })).status).toBe(404);
  });
});

describe('an order of questions', () => {
  it('a stranger hears of the key before anything else', async () => {
    for (const path of ['/v1/datasets/a%00b', '/v1/heads/a%2Fb'])
      expect((await app.request(path)).status).toBe(401);
  });
});
