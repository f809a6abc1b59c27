import { describe, expect, it } from 'vitest';
import { toHex } from '../tensors/index.ts';
import {
  generateSigningKeys,
  importSigner,
  importVerifier,
  type Jwk,
  keyIdOf,
  parseKeys,
  publicKeysOf,
} from './index.ts';

/** RFC 8037, appendix A.1 and A.2. */
const rfc: Jwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
};

describe('a key', () => {
  it('is named by the thumbprint of RFC 8037, appendix A.3', async () => {
    expect(await keyIdOf(rfc)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('has a name that depends on nothing but its public part', async () => {
    const { d: _, ...open } = rfc;
    expect(await keyIdOf({ x: open.x, kty: open.kty, crv: open.crv })).toBe(await keyIdOf(rfc));
    expect((await importSigner(rfc)).keyId).toBe(await keyIdOf(open));
  });

  it('signs as Ed25519 of RFC 8032, test 1, does', async () => {
    const signature = await (await importSigner(rfc)).sign(new Uint8Array());
    expect(toHex(signature)).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    );
  });
});

describe('signing keys', () => {
  it('are another one for each purpose', async () => {
    const keys = await generateSigningKeys();
    expect(new Set([keys.artefacts.d, keys.requests.d, keys.tokens.d]).size).toBe(3);
  });

  it('never hand out their private part', async () => {
    const keys = await generateSigningKeys();
    const open = JSON.stringify(publicKeysOf(keys));
    for (const { d } of Object.values(keys)) expect(open).not.toContain(d);
    for (const jwks of Object.values(publicKeysOf(keys)))
      for (const jwk of jwks) expect(Object.keys(jwk).sort()).toEqual(['crv', 'kty', 'x']);
  });

  it('are verified for their own purpose only', async () => {
    const keys = await generateSigningKeys();
    const open = publicKeysOf(keys);
    const data = new TextEncoder().encode('x');
    const signer = await importSigner(keys.artefacts);
    const signature = await signer.sign(data);
    expect(await (await importVerifier(open.artefacts)).verify(signer.keyId, signature, data)).toBe(true);
    expect(await (await importVerifier(open.requests)).verify(signer.keyId, signature, data)).toBe(false);
  });

  it('may stand beside the next ones while keys are exchanged', async () => {
    const [old, next] = [await generateSigningKeys(), await generateSigningKeys()];
    const verifier = await importVerifier([...publicKeysOf(old).artefacts, ...publicKeysOf(next).artefacts]);
    const data = Uint8Array.of(1);
    for (const keys of [old, next]) {
      const signer = await importSigner(keys.artefacts);
      expect(await verifier.verify(signer.keyId, await signer.sign(data), data)).toBe(true);
    }
    expect(await (await importVerifier([])).verify('k', new Uint8Array(64), data)).toBe(false);
  });
});

describe('parseKeys', () => {
  it('reads back what was written, private or public', async () => {
    const keys = await generateSigningKeys();
    expect(parseKeys(JSON.stringify(keys), 'S')).toEqual(keys);
    expect(parseKeys(JSON.stringify(publicKeysOf(keys)), 'S')).toEqual(publicKeysOf(keys));
  });

  it.each([
    undefined,
    '',
    'secret-key',
    'null',
    '[]',
    '{}',
    JSON.stringify({ artefacts: rfc, requests: rfc }),
    JSON.stringify({ artefacts: rfc, requests: rfc, tokens: null }),
    JSON.stringify({ artefacts: rfc, requests: rfc, tokens: { ...rfc, crv: 'X25519' } }),
    JSON.stringify({ artefacts: rfc, requests: rfc, tokens: { ...rfc, x: undefined } }),
  ])('names the setting and tells nothing of its content: %.60s', (json) => {
    let message = '';
    try {
      parseKeys(json, 'HEADWATER_KEYS');
    } catch (error) {
      expect(error).toMatchObject({ type: 'internal' });
      message = (error as Error).message;
    }
    expect(message).toContain('HEADWATER_KEYS');
    expect(message).not.toContain('secret-key');
    expect(message).not.toContain(rfc.d);
  });
});
