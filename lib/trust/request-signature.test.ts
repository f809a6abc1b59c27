import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createNonceMemory,
  generateSigningKeys,
  importSigner,
  importVerifier,
  publicKeysOf,
  type SignableRequest,
  type Signer,
  signatureWindowSeconds,
  signRequest,
  type Verifier,
  verifyRequest,
} from './index.ts';

const now = 1_700_000_000_500;
const request: SignableRequest = {
  method: 'POST',
  path: '/v1/jobs',
  body: new TextEncoder().encode('{"job":1}'),
};
const windowMs = signatureWindowSeconds * 1000;

let signer: Signer;
let verifier: Verifier;
beforeAll(async () => {
  const keys = await generateSigningKeys();
  signer = await importSigner(keys.requests);
  verifier = await importVerifier(publicKeysOf(keys).requests);
});

type Headers = Record<string, string>;

function verify(
  headers: Headers,
  changes: { request?: SignableRequest; at?: number; nonces?: ReturnType<typeof createNonceMemory> } = {},
) {
  const header = (name: string) => (Object.hasOwn(headers, name) ? headers[name] : undefined);
  const { method, path, body } = changes.request ?? request;
  return verifyRequest(
    { method, path, body: async () => body },
    header,
    verifier,
    changes.nonces ?? createNonceMemory(),
    () => changes.at ?? now,
  );
}
const refused = (why: string) =>
  expect.objectContaining({ type: 'unauthorized', message: expect.stringContaining(why) });

describe('a signed request', () => {
  it('has its body read only once its signature is good, and in time', async () => {
    let reads = 0;
    let at = now;
    const body = async () => {
      reads++;
      at += 2 * windowMs;
      return request.body;
    };
    const attempt = (headers: Headers) =>
      verifyRequest(
        { ...request, body },
        (name) => headers[name],
        verifier,
        createNonceMemory(),
        () => at,
      );
    const good = await signRequest(request, signer, now);
    await expect(attempt({})).rejects.toEqual(refused('is missing'));
    await expect(attempt({ ...good, signature: 'headwater=:AAAA:' })).rejects.toEqual(refused('verify'));
    expect(reads).toBe(0);
    await expect(attempt(good)).rejects.toEqual(refused('too old'));
    expect(reads).toBe(1);
  });

  it('verifies, with the headers of RFC 9421 and RFC 9530', async () => {
    const headers = await signRequest(request, signer, now);
    await expect(verify(headers)).resolves.toEqual(request.body);
    expect(headers['signature-input']).toMatch(
      /^headwater=\("@method" "@path" "content-digest"\);created=1700000000;nonce="[\w-]{22}";keyid="[\w-]{43}";alg="ed25519"$/,
    );
    expect(headers.signature).toMatch(/^headwater=:[A-Za-z0-9+/]{86}==:$/);
    expect(headers['content-digest']).toMatch(/^sha-256=:[A-Za-z0-9+/]{43}=:$/);
  });

  it('may have an empty body', async () => {
    const empty = { ...request, body: new Uint8Array() };
    await expect(verify(await signRequest(empty, signer, now), { request: empty })).resolves.toBeInstanceOf(
      Uint8Array,
    );
  });

  it.each<[string, Partial<SignableRequest>]>([
    ['does not verify', { method: 'PUT' }],
    ['does not verify', { method: 'post' }],
    ['does not verify', { path: '/v1/fills' }],
    ['does not verify', { path: '/v1/jobs/' }],
    ['is for another body', { body: new TextEncoder().encode('{"job":2}') }],
    ['is for another body', { body: new Uint8Array() }],
  ])('is refused (%s) when it came as another: %j', async (why, changes) => {
    const headers = await signRequest(request, signer, now);
    await expect(verify(headers, { request: { ...request, ...changes } })).rejects.toEqual(refused(why));
  });

  it('is refused when body and digest were exchanged together', async () => {
    const other = { ...request, body: new Uint8Array(3) };
    const { 'content-digest': digest } = await signRequest(other, signer, now);
    const headers = { ...(await signRequest(request, signer, now)), 'content-digest': digest! };
    await expect(verify(headers, { request: other })).rejects.toEqual(refused('does not verify'));
  });

  it('is taken once only', async () => {
    const nonces = createNonceMemory();
    const headers = await signRequest(request, signer, now);
    await verify(headers, { nonces });
    await expect(verify(headers, { nonces })).rejects.toEqual(refused('was used before'));
    await expect(verify(await signRequest(request, signer, now), { nonces })).resolves.toBeInstanceOf(
      Uint8Array,
    );
  });

  it('is taken once only at any two moments, whatever else comes in between', async () => {
    const headers = await signRequest(request, signer, now);
    const offset = fc.integer({ min: -2 * windowMs, max: 2 * windowMs });
    await fc.assert(
      fc.asyncProperty(fc.array(offset, { minLength: 2, maxLength: 5 }), async (offsets) => {
        const nonces = createNonceMemory();
        let taken = 0;
        for (const at of offsets.sort((a, b) => a - b)) {
          nonces.claim(`other-${at}`, now + at + 2 * windowMs, now + at);
          await verify(headers, { nonces, at: now + at }).then(
            () => taken++,
            () => {},
          );
        }
        expect(taken).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('keeps its nonce free when it was refused', async () => {
    const nonces = createNonceMemory();
    const headers = await signRequest(request, signer, now);
    await expect(verify(headers, { nonces, request: { ...request, path: '/x' } })).rejects.toThrow();
    await expect(verify(headers, { nonces })).resolves.toBeInstanceOf(Uint8Array);
  });

  it('is good for two minutes either way, and no longer', async () => {
    const headers = await signRequest(request, signer, now);
    for (const at of [now - windowMs + 500, now + windowMs - 500])
      await expect(verify(headers, { at })).resolves.toBeInstanceOf(Uint8Array);
    for (const at of [now - windowMs - 1000, now + windowMs + 1, now + 1e12, 0])
      await expect(verify(headers, { at })).rejects.toEqual(refused('too old or too new'));
  });

  it('of a key that is not trusted here is refused, also under a trusted name', async () => {
    const stranger = await importSigner((await generateSigningKeys()).requests);
    for (const by of [stranger, { ...stranger, keyId: signer.keyId }])
      await expect(verify(await signRequest(request, by, now))).rejects.toEqual(refused('does not verify'));
  });

  it.each(['signature', 'signature-input', 'content-digest'])(
    'is refused without its header %s',
    async (name) => {
      const { [name]: _, ...headers } = await signRequest(request, signer, now);
      await expect(verify(headers)).rejects.toEqual(refused('is missing'));
    },
  );

  it.each<[string, string, string]>([
    [
      'covering less',
      'signature-input',
      '("@method" "@path");created=1700000000;nonce="aaaaaaaaaaaa";keyid="k";alg="ed25519"',
    ],
    [
      'another algorithm',
      'signature-input',
      '("@method" "@path" "content-digest");created=1700000000;nonce="aaaaaaaaaaaa";keyid="k";alg="none"',
    ],
    [
      'no nonce',
      'signature-input',
      '("@method" "@path" "content-digest");created=1700000000;keyid="k";alg="ed25519"',
    ],
    ['base64 that is none', 'signature', ':=:'],
    ['half a signature', 'signature', ':AAAA:'],
    ['signature bytes with stray bits', 'signature', ':YR==:'],
  ])('is refused with %s', async (_, name, value) => {
    const headers = { ...(await signRequest(request, signer, now)), [name]: `headwater=${value}` };
    await expect(verify(headers)).rejects.toEqual(refused(''));
  });

  it('is refused, and in no other way than as unauthorized, after any change of one character', async () => {
    const headers = await signRequest(request, signer, now);
    for (const [name, value] of Object.entries(headers))
      for (let at = 0; at < value.length; at++)
        for (const put of ['', 'A', '=', '"', '1', '\u00e9'].filter((c) => c !== value[at])) {
          const changed = { ...headers, [name]: value.slice(0, at) + put + value.slice(at + 1) };
          await expect(verify(changed), `${name} ${at} ${put}`).rejects.toEqual(refused(''));
        }
  });
});
