import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOrigin, KeyRequest, maxTokenSeconds, TokenRequest } from './index.ts';

describe('an origin', () => {
  it.each([
    'https://example.com',
    'https://example.com:8443',
    'https://xn--bcher-kva.example',
    'https://192.0.2.1',
    'https://[2001:db8::1]',
    'http://localhost',
    'http://localhost:8080',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ])('may be %j', (text) => {
    expect(isOrigin(text)).toBe(true);
  });

  it.each([
    '',
    'null',
    '*',
    'example.com',
    '//example.com',
    'https://',
    'https://example.com/',
    'https://example.com:443',
    'https://Example.com',
    'https://*.example.com',
    'https://bücher.example',
    'https://user@example.com',
    'https://example.com?x',
    'https://example.com#x',
    ' https://example.com',
    'https://example.com\n',
    'http://example.com',
    'http://localhost.example.com',
    'http://localhost:80',
    'file://',
    'blob:https://example.com',
    `https://${'a'.repeat(90)}.com`,
  ])('may not be %j', (text) => {
    expect(isOrigin(text)).toBe(false);
  });

  it('is never anything that a header could not carry', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((s) => `https://${s}`),
        ),
        (text) => {
          if (isOrigin(text)) expect(text).toMatch(/^https?:\/\/[a-z\d.:[\]_-]{1,92}$/);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a request for a key', () => {
  it('has its scopes in order, each once, and its names normalised', () => {
    expect(
      KeyRequest.parse({ scopes: ['train', 'infer', 'train'], head: 'a\u0308', name: 'o\u0308' }),
    ).toEqual({ scopes: ['infer', 'train'], head: 'ä', name: 'ö' });
  });

  it('may say when it ends in any time zone', () => {
    for (const expires of ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00.5+02:00'])
      expect(KeyRequest.safeParse({ scopes: ['infer'], expires }).success).toBe(true);
    for (const expires of ['2030-01-01', '2030-01-01T00:00:00', 1_893_456_000_000, ''])
      expect(KeyRequest.safeParse({ scopes: ['infer'], expires }).success).toBe(false);
  });

  it('with a field that there is not is refused: a mistyped binding must not be none', () => {
    for (const field of ['heads', 'Head', 'data_set', 'scope'])
      expect(KeyRequest.safeParse({ scopes: ['infer'], [field]: 'x' }).success, field).toBe(false);
  });
});

describe('a request for a token', () => {
  it.each([0, -1, 1.5, maxTokenSeconds + 1, '60', null])('may not live for %j', (ttl) => {
    expect(TokenRequest.safeParse({ scope: 'infer', ttl: maxTokenSeconds }).success).toBe(true);
    expect(TokenRequest.safeParse({ scope: 'infer', ttl }).success).toBe(false);
  });

  it.each(['train', 'admin', '', undefined, ['infer']])('may not be for %j', (scope) => {
    expect(TokenRequest.safeParse({ scope }).success).toBe(false);
  });

  it('names ten origins at most, and one at least if it names any', () => {
    const origins = (n: number) => Array.from({ length: n }, (_, i) => `https://${i}.example`);
    const takes = (n: number) => TokenRequest.safeParse({ scope: 'infer', origins: origins(n) }).success;
    expect([0, 1, 10, 11].map(takes)).toEqual([false, true, true, false]);
  });

  it('to teach is about a dataset, not a head', () => {
    expect(TokenRequest.safeParse({ scope: 'teach', dataset: 'ds' }).success).toBe(true);
    expect(TokenRequest.safeParse({ scope: 'teach', head: 'ants' }).success).toBe(false);
  });
});
