import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toBase64 } from '../tensors/index.ts';
import {
  generateSigningKeys,
  importSigner,
  importVerifier,
  preAuthEncoding,
  publicKeysOf,
  type Signer,
  seal,
  unseal,
  type Verifier,
} from './index.ts';

const type = 'application/vnd.headwater.test.v1+json';
const document = { format: 1, names: ['蜂', '__proto__'], n: 0.1, nested: { a: null } };
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const refused = expect.objectContaining({ type: 'bad-signature' });

let signer: Signer;
let verifier: Verifier;
let stranger: Signer;

beforeAll(async () => {
  const keys = await generateSigningKeys();
  signer = await importSigner(keys.artefacts);
  verifier = await importVerifier(publicKeysOf(keys).artefacts);
  stranger = await importSigner((await generateSigningKeys()).artefacts);
});

/** An envelope whose parts may be anything. */
async function envelope(payload: Uint8Array, by: Signer, changes: Record<string, unknown> = {}) {
  const sig = toBase64(await by.sign(preAuthEncoding(type, payload)));
  const parts = {
    payloadType: type,
    payload: toBase64(payload),
    signatures: [{ keyid: by.keyId, sig }],
    ...changes,
  };
  return encode(JSON.stringify(parts));
}

describe('pre-authentication encoding', () => {
  it('is that of the DSSE specification', () => {
    expect(decode(preAuthEncoding('http://example.com/HelloWorld', encode('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('counts bytes, not characters', () => {
    expect(decode(preAuthEncoding('ä', encode('蜂')))).toBe('DSSEv1 2 ä 3 蜂');
    expect(decode(preAuthEncoding('', new Uint8Array()))).toBe('DSSEv1 0  0 ');
  });

  it('never gives two pairs the same bytes', () => {
    const text = fc.string({ unit: fc.constantFrom(...'a1 2'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, text, text, (t, p, u, q) => {
        fc.pre(t !== u || p !== q);
        expect(preAuthEncoding(t, encode(p))).not.toEqual(preAuthEncoding(u, encode(q)));
      }),
    );
  });
});

describe('an envelope', () => {
  it('gives back the document that was sealed', async () => {
    expect(await unseal(await seal(type, document, signer), type, verifier)).toEqual(document);
  });

  it('has the same bytes every time', async () => {
    expect(await seal(type, document, signer)).toEqual(await seal(type, document, signer));
  });

  it('is refused after any change of any one of its bytes', async () => {
    const bytes = await seal(type, document, signer);
    const values = [0x00, 0x20, 0x22, 0x30, 0x3d, 0x41, 0x42, 0x51, 0x7d, 0xff];
    for (let at = 0; at < bytes.length; at++)
      for (const value of [...values, bytes[at]! ^ 1, bytes[at]! ^ 0x20, bytes[at]! + 1]) {
        if (value === bytes[at]) continue;
        const changed = bytes.slice();
        changed[at] = value;
        await expect(unseal(changed, type, verifier), `byte ${at} as ${value}`).rejects.toEqual(refused);
      }
  });

  it('is refused when cut short anywhere', async () => {
    const bytes = await seal(type, document, signer);
    for (let length = 0; length < bytes.length; length++)
      await expect(unseal(bytes.subarray(0, length), type, verifier)).rejects.toEqual(refused);
  });

  it('of another type is refused, though its signature is good', async () => {
    const bytes = await seal('application/vnd.headwater.other.v1+json', document, signer);
    await expect(unseal(bytes, type, verifier)).rejects.toEqual(refused);
  });

  it('whose type was exchanged for the expected one is refused', async () => {
    const bytes = await seal('other', document, signer);
    const exchanged = encode(decode(bytes).replace('"other"', JSON.stringify(type)));
    await expect(unseal(exchanged, type, verifier)).rejects.toEqual(refused);
  });

  it('of a stranger is refused, also under the name of a trusted key', async () => {
    const payload = encode(JSON.stringify(document));
    await expect(unseal(await seal(type, document, stranger), type, verifier)).rejects.toEqual(refused);
    const forged = { ...stranger, keyId: signer.keyId };
    await expect(unseal(await envelope(payload, forged), type, verifier)).rejects.toEqual(refused);
  });

  it('is believed if one of its signatures is trusted', async () => {
    const payload = encode(JSON.stringify(document));
    const data = preAuthEncoding(type, payload);
    const signatures = await Promise.all(
      [stranger, signer].map(async (by) => ({ keyid: by.keyId, sig: toBase64(await by.sign(data)) })),
    );
    expect(await unseal(await envelope(payload, signer, { signatures }), type, verifier)).toEqual(document);
  });

  it('that is signed but holds no JSON is refused like any other', async () => {
    await expect(unseal(await envelope(encode('not JSON'), signer), type, verifier)).rejects.toEqual(refused);
    await expect(unseal(await envelope(Uint8Array.of(0xff), signer), type, verifier)).rejects.toEqual(
      refused,
    );
  });

  it.each(['', '{}', 'null', '[]', '"x"', '{"payloadType":1}'])('is not %j', async (text) => {
    await expect(unseal(encode(text), type, verifier)).rejects.toEqual(refused);
  });

  it.each([
    ['no signature', { signatures: [] }],
    ['a signature of no bytes', { signatures: [{ keyid: 'k', sig: '' }] }],
    ['a signature with stray bits', { signatures: [{ keyid: 'k', sig: 'YR==' }] }],
    ['a payload with stray bits', { payload: 'e31=' }],
    ['a payload in base64url', { payload: 'e30' }],
  ])('is refused with %s', async (_, changes) => {
    await expect(unseal(await envelope(encode('{}'), signer, changes), type, verifier)).rejects.toEqual(
      refused,
    );
  });

  it('under a trusted key id is refused with a signature of any other length', async () => {
    for (const length of [0, 1, 63, 65, 128]) {
      const signatures = [{ keyid: signer.keyId, sig: toBase64(new Uint8Array(length)) }];
      const bytes = await envelope(encode('{}'), signer, { signatures });
      await expect(unseal(bytes, type, verifier)).rejects.toEqual(refused);
    }
  });
});
