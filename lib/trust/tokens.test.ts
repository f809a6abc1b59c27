import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { maxOriginCharacters, maxOriginsPerToken, type TokenClaims } from '../contract/index.ts';
import { anyName, anyUlid } from '../contract/testing.ts';
import { fromBase64Url, toBase64Url } from '../tensors/index.ts';
import {
  generateSigningKeys,
  importSigner,
  importVerifier,
  issueToken,
  type KeySet,
  maxCredentialCharacters,
  openToken,
  preAuthEncoding,
  publicKeysOf,
  type Signer,
} from './index.ts';

const claims: TokenClaims = {
  v: 1,
  id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  iss: '01BX5ZZKBKACTAV9WEVGEMMVRZ',
  scope: 'infer',
  head: 'Bienenstöcke',
  exp: 1_800_000_000,
  origins: ['https://example.com', 'http://localhost:8080'],
};
const encode = (text: string) => new TextEncoder().encode(text);
const type = 'application/vnd.headwater.token.v1+json';

let signer: Signer;
let artefacts: Signer;
let keys: KeySet;
beforeAll(async () => {
  const generated = await generateSigningKeys();
  signer = await importSigner(generated.tokens);
  artefacts = await importSigner(generated.artefacts);
  keys = await importVerifier(publicKeysOf(generated).tokens);
});

/** A token around any text, well signed. */
async function signed(text: string, by = signer, as = type) {
  const signature = await by.sign(preAuthEncoding(as, encode(text)));
  return `hwt_${toBase64Url(encode(text))}.${toBase64Url(signature)}`;
}

describe('a token', () => {
  it('tells what was signed', async () => {
    const token = await issueToken(claims, signer);
    expect(token).toMatch(/^hwt_[\w-]+\.[\w-]{86}$/);
    expect(await openToken(token, keys)).toEqual(claims);
  });

  it('tells what was signed, for any claims, and has one spelling', async () => {
    const any: fc.Arbitrary<TokenClaims> = fc.record(
      {
        v: fc.constant(1 as const),
        id: anyUlid,
        iss: anyUlid,
        scope: fc.constantFrom('infer' as const, 'teach' as const),
        exp: fc.integer({ min: 1, max: 1e11 }),
        head: anyName,
        dataset: anyName,
      },
      { requiredKeys: ['v', 'id', 'iss', 'scope', 'exp'] },
    );
    await fc.assert(
      fc.asyncProperty(any, async (some) => {
        const token = await issueToken(some, signer);
        expect(await openToken(token, keys)).toEqual(some);
        expect(await issueToken({ ...some }, signer)).toBe(token);
      }),
      { numRuns: 30 },
    );
  });

  it('for a phone is small', async () => {
    const { origins: _, ...rest } = claims;
    expect((await issueToken(rest, signer)).length).toBeLessThan(320);
  });

  it('is none any more after a change of any one character', async () => {
    const token = await issueToken(claims, signer);
    for (let at = 0; at < token.length; at++)
      for (const put of ['', 'A', 'B', '_', '.', '=', 'é', token[at]! + token[at]!]) {
        if (put === token[at]) continue;
        const changed = token.slice(0, at) + put + token.slice(at + 1);
        if (changed === token) continue;
        expect(await openToken(changed, keys), `${at} ${put}`).toBeUndefined();
      }
  });

  it('is none when cut short or padded', async () => {
    const token = await issueToken(claims, signer);
    for (let length = 0; length < token.length; length++)
      expect(await openToken(token.slice(0, length), keys)).toBeUndefined();
    for (const padded of [`${token}=`, `${token}\n`, ` ${token}`, `${token}.`, `${token}A`])
      expect(await openToken(padded, keys)).toBeUndefined();
  });

  it('of another key is none, of a stranger or of the key for artefacts', async () => {
    const stranger = await importSigner((await generateSigningKeys()).tokens);
    for (const by of [stranger, artefacts])
      expect(await openToken(await issueToken(claims, by), keys)).toBeUndefined();
  });

  it('is good under each of several keys that are trusted', async () => {
    const next = await generateSigningKeys();
    const old = await generateSigningKeys();
    const both = await importVerifier([old, next].flatMap((k) => publicKeysOf(k).tokens));
    for (const k of [old, next])
      expect(await openToken(await issueToken(claims, await importSigner(k.tokens)), both)).toEqual(claims);
  });

  it('is none when the same bytes were signed as something else', async () => {
    const [, payload] = /^hwt_([\w-]+)\./.exec(await issueToken(claims, signer))!;
    const text = new TextDecoder().decode(fromBase64Url(payload!));
    expect(await openToken(await signed(text), keys)).toEqual(claims);
    const other = await signed(text, signer, 'application/vnd.headwater.manifest.v1+json');
    expect(await openToken(other, keys)).toBeUndefined();
  });

  const { head: _, origins: __, ...small } = claims;
  it.each<[string, string]>([
    ['no JSON', 'x'],
    ['null', 'null'],
    ['an unknown field', JSON.stringify({ ...small, admin: true })],
    ['another version', JSON.stringify({ ...small, v: 2 })],
    ['a scope that tokens have not', JSON.stringify({ ...small, scope: 'admin' })],
    ['white space', JSON.stringify(small, null, 1)],
    ['another order', JSON.stringify(Object.fromEntries(Object.entries(small).reverse()))],
    ['a field twice', JSON.stringify(small).replace('"v":1', '"v":1,"v":1')],
    ['an escaped letter', JSON.stringify(small).replace('infer', '\\u0069nfer')],
    ['a number spelt otherwise', JSON.stringify(small).replace('1800000000', '1.8e9')],
    ['a name that is none', JSON.stringify({ ...small, head: '..' })],
    ['a name that is not normalised', JSON.stringify({ ...claims, head: 'a\u0308' })],
    ['an origin with a path', JSON.stringify({ ...small, origins: ['https://example.com/'] })],
    ['no origin in a list', JSON.stringify({ ...small, origins: [] })],
    ['no end', JSON.stringify({ ...small, exp: undefined })],
    ['an end that is no number', JSON.stringify({ ...small, exp: '1800000000' })],
    ['half a second', JSON.stringify({ ...small, exp: 1.5 })],
  ])('with %s is none, though well signed', async (_, text) => {
    expect(await openToken(await signed(JSON.stringify(small)), keys)).toEqual(small);
    expect(await openToken(await signed(text), keys)).toBeUndefined();
  });

  it('is never longer than an edge reads', async () => {
    const origins = Array.from(
      { length: maxOriginsPerToken },
      (_, i) => `https://${`${i}`.repeat(60)}.${'x'.repeat(27)}.com`,
    );
    expect(origins[0]).toHaveLength(maxOriginCharacters);
    const largest = { ...claims, iss: 'i'.repeat(64), head: '𠀀'.repeat(64), exp: 1e11, origins };
    const token = await issueToken(largest, signer);
    expect(token.length).toBeLessThanOrEqual(maxCredentialCharacters);
    expect(await openToken(token, keys)).toEqual(largest);
  });
});
