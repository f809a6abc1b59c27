import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256, toBase64Url } from '../tensors/index.ts';
import { authenticate, keyText, maxCredentialCharacters, parseKeyText, singleKey } from './index.ts';

const key = 'hw_dev_0123456789';
const hash = await sha256(key);
const ring = singleKey(hash);
const behind = () => {};

describe('authenticate', () => {
  it.each([`Bearer ${key}`, `bearer ${key}`, `BEARER   ${key}`])(
    'takes the right key: %j',
    async (header) => {
      const principal = await authenticate(header, ring, behind);
      expect(principal).toMatchObject({ kind: 'root', bindings: [], expires: null });
      expect(principal.scopes).toEqual(['infer', 'teach', 'train', 'admin']);
      expect(key).not.toContain(principal.keyId);
    },
  );

  it.each([
    undefined,
    '',
    key,
    'Bearer',
    'Bearer ',
    `Basic ${key}`,
    `Bearer ${key} `,
    `Bearer ${key}x`,
    `Bearer ${key.slice(1)}`,
    `Bearer ${key.toUpperCase()}`,
    `Bearer ${key}, Bearer ${key}`,
    `Bearer ${key}\n`,
    `Bearer ${'x'.repeat(maxCredentialCharacters + 1)}`,
    'Bearer schlüssel',
  ])('refuses %.40j as unauthorized', async (header) => {
    await expect(authenticate(header, ring, behind)).rejects.toMatchObject({ type: 'unauthorized' });
  });

  it('never takes the stored hash for the key', async () => {
    await expect(authenticate(`Bearer ${hash}`, ring, behind)).rejects.toMatchObject({
      type: 'unauthorized',
    });
  });

  it.each(['', '0', hash.slice(1), `${hash}0`, hash + hash, hash.toUpperCase()])(
    'takes no key where none is configured rightly: %j',
    async (wrong) => {
      await expect(authenticate(`Bearer ${key}`, singleKey(wrong), behind)).rejects.toMatchObject({
        type: 'unauthorized',
      });
    },
  );
});

describe("a key's text", () => {
  const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

  it('is taken apart as it was put together, though secrets have `_` in them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const secret = toBase64Url(bytes);
        expect(parseKeyText(keyText(id, secret))).toEqual({ id, secret });
      }),
    );
  });

  it.each([
    `hw_${id}`,
    `hw_${id}_${'a'.repeat(42)}`,
    `hw_${id}_${'a'.repeat(44)}`,
    `hw_${id.toLowerCase()}_${'a'.repeat(43)}`,
    ` hw_${id}_${'a'.repeat(43)}`,
    `hw_${id}_${'a'.repeat(43)}\n`,
    `hw_${id}_${'+'.repeat(43)}`,
    `hwt_${id}_${'a'.repeat(43)}`,
    '',
  ])('is not %j', (text) => {
    expect(parseKeyText(text)).toBeUndefined();
  });
});
