import { describe, expect, it } from 'vitest';
import { sha256 } from '../tensors/index.ts';
import { authenticate, type KeyRing, singleKey } from './index.ts';

const key = 'hw_dev_0123456789';
const hash = await sha256(key);
const ring = singleKey(hash);

describe('authenticate', () => {
  it.each([`Bearer ${key}`, `bearer ${key}`, `BEARER   ${key}`])(
    'takes the right key: %j',
    async (header) => {
      const principal = await authenticate(header, 'admin', ring);
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
    `Bearer ${'x'.repeat(513)}`,
    'Bearer schlüssel',
  ])('refuses %.40j as unauthorized', async (header) => {
    await expect(authenticate(header, 'infer', ring)).rejects.toMatchObject({ type: 'unauthorized' });
  });

  it('never takes the stored hash for the key', async () => {
    const header = `Bearer ${hash}`;
    await expect(authenticate(header, 'infer', ring)).rejects.toMatchObject({ type: 'unauthorized' });
  });

  it.each(['', '0', hash.slice(1), `${hash}0`, hash + hash, hash.toUpperCase()])(
    'takes no key where none is configured rightly: %j',
    async (wrong) => {
      await expect(authenticate(`Bearer ${key}`, 'infer', singleKey(wrong))).rejects.toMatchObject({
        type: 'unauthorized',
      });
    },
  );

  it('refuses a known key as forbidden where it lacks the scope', async () => {
    const reader: KeyRing = { find: () => ({ keyId: 'k', scopes: ['infer'] }) };
    await expect(authenticate(`Bearer ${key}`, 'infer', reader)).resolves.toMatchObject({ keyId: 'k' });
    await expect(authenticate(`Bearer ${key}`, 'train', reader)).rejects.toMatchObject({
      type: 'forbidden',
      facts: { scope: 'train' },
    });
  });
});
