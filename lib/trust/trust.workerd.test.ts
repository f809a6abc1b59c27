// That the Workers runtime's WebCrypto signs and refuses as Node's does, where it may differ.

import { expect, it } from 'vitest';
import { toBase64 } from '../tensors/index.ts';
import { importSigner, importVerifier, seal, unseal } from './index.ts';

/** RFC 8037, appendix A.1. */
const jwk = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
} as const;
const verifier = importVerifier([jwk]);

it('seals to the same bytes as Node does', async () => {
  const bytes = await seal('t', { a: 1 }, await importSigner(jwk));
  expect(new TextDecoder().decode(bytes)).toBe(
    '{"payloadType":"t","payload":"eyJhIjoxfQ==","signatures":[{"keyid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","sig":"sO5Hw1hvumP+60nqT7S4qUmZGTvCY3M0EIiKFc93IceiMpRDg4KMxet59pP5YNTdZ4Vm35mMzQlvjHKlR9cVAw=="}]}',
  );
  expect(await unseal(bytes, 't', await verifier)).toEqual({ a: 1 });
});

it.each([0, 1, 63, 64, 65])(
  'refuses a signature of %d bytes that are zero, and does not break',
  async (length) => {
    const { keyId } = await importSigner(jwk);
    const signatures = [{ keyid: keyId, sig: toBase64(new Uint8Array(length)) }];
    const envelope = JSON.stringify({ payloadType: 't', payload: 'e30=', signatures });
    await expect(unseal(new TextEncoder().encode(envelope), 't', await verifier)).rejects.toMatchObject({
      type: 'bad-signature',
    });
  },
);
