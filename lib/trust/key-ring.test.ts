import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTime } from '../../test/support/virtual-time.ts';
import type { RingKey, TokenClaims } from '../contract/index.ts';
import { sha256 } from '../tensors/index.ts';
import {
  createKeyRing,
  createRingCache,
  generateSigningKeys,
  importSigner,
  importVerifier,
  issueToken,
  type KeyRing,
  type KeySet,
  keyText,
  publicKeysOf,
  rootId,
  type Signer,
} from './index.ts';

const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const otherId = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
const secret = 's'.repeat(43);
const rootHash = await sha256('root');
const unauthorized = expect.objectContaining({ type: 'unauthorized' });

let signer: Signer;
let tokenKeys: KeySet;
beforeAll(async () => {
  const keys = await generateSigningKeys();
  signer = await importSigner(keys.tokens);
  tokenKeys = await importVerifier(publicKeysOf(keys).tokens);
});

let time: ReturnType<typeof createTime>;
let ring: KeyRing;
let keys: RingKey[];
let calls: number;
let isDown: boolean;

beforeEach(async () => {
  time = createTime();
  [keys, calls, isDown] = [[await stored()], 0, false];
  const cache = createRingCache({
    async fetch() {
      calls++;
      if (isDown) throw new Error('down');
      return { revision: `${calls}`, keys, origins: [] };
    },
    report: () => {},
    clock: time.clock,
    sleep: time.sleep,
    refreshMs: 2000,
    maxStaleMs: 30_000,
  });
  ring = createKeyRing({ rootHash, tokenKeys, cache, clock: time.clock });
});

const stored = async (changes: Partial<RingKey> = {}): Promise<RingKey> => ({
  id,
  sha256: await sha256(secret),
  scopes: ['infer', 'teach'],
  head: null,
  dataset: null,
  expires: null,
  ...changes,
});
const identify = (credential: string) => ring.identify(credential, () => {});

describe('a key of the vault', () => {
  it('is recognised, with its scopes and its binding', async () => {
    expect(await identify(keyText(id, secret))).toEqual({
      kind: 'key',
      keyId: id,
      scopes: ['infer', 'teach'],
      bindings: [],
      expires: null,
      origins: null,
    });
    keys = [await stored({ scopes: ['admin'], dataset: 'ds' })];
    await time.pass(30_000);
    expect(await identify(keyText(id, secret))).toMatchObject({
      scopes: ['infer', 'teach', 'train', 'admin'],
      bindings: [{ dataset: 'ds' }],
    });
  });

  it('is refused with another secret, under another id, or as its own hash', async () => {
    for (const text of [
      keyText(id, 't'.repeat(43)),
      keyText(otherId, secret),
      keyText(id, `${secret.slice(1)}S`),
      await sha256(secret),
      secret,
    ])
      await expect(identify(text)).rejects.toEqual(unauthorized);
  });

  it('ends at its moment, without a look', async () => {
    keys = [await stored({ expires: time.now + 1000 })];
    expect(await identify(keyText(id, secret))).toMatchObject({ expires: time.now + 1000 });
    await time.pass(999);
    await identify(keyText(id, secret));
    await time.pass(1);
    await expect(identify(keyText(id, secret))).rejects.toEqual(unauthorized);
  });

  it('that was revoked ends within maxStaleMs, and at the first refresh if someone asks', async () => {
    await identify(keyText(id, secret));
    keys = [];
    await time.pass(30_000);
    await expect(identify(keyText(id, secret))).rejects.toEqual(unauthorized);
  });

  it('is not let in on an old list when the vault is down', async () => {
    await identify(keyText(id, secret));
    isDown = true;
    await time.pass(30_000);
    await expect(identify(keyText(id, secret))).rejects.toMatchObject({ type: 'keys-unavailable' });
    expect(await identify('root')).toMatchObject({ kind: 'root' });
  });

  it('that is made up costs no call each', async () => {
    for (let i = 0; i < 50; i++)
      await expect(identify(keyText(otherId, `${i}`.padEnd(43, 'x')))).rejects.toEqual(unauthorized);
    for (let i = 0; i < 50; i++) await expect(identify(`hwt_${i}.x`)).rejects.toEqual(unauthorized);
    expect(calls).toBe(1);
  });
});

describe('the root key', () => {
  it('never needs the vault', async () => {
    isDown = true;
    expect(await identify('root')).toMatchObject({ kind: 'root', keyId: rootId(rootHash) });
    expect(calls).toBe(0);
  });
});

describe('a token', () => {
  const mint = (changes: Partial<TokenClaims> = {}) =>
    issueToken(
      {
        v: 1,
        id: otherId,
        iss: id,
        scope: 'infer',
        exp: Math.floor(time.now / 1000) + 900,
        ...changes,
      },
      signer,
    );

  it('is recognised by its signature, with what it says', async () => {
    const origins = ['https://example.com'];
    expect(await identify(await mint({ head: 'ants', origins }))).toEqual({
      kind: 'token',
      keyId: otherId,
      scopes: ['infer'],
      bindings: [{ head: 'ants' }],
      expires: (Math.floor(time.now / 1000) + 900) * 1000,
      origins,
    });
  });

  it('has what its issuer is bound to on top of its own', async () => {
    keys = [await stored({ dataset: 'ds' })];
    expect(await identify(await mint({ head: 'ants' }))).toMatchObject({
      bindings: [{ head: 'ants' }, { dataset: 'ds' }],
    });
    expect(await identify(await mint())).toMatchObject({ bindings: [{ dataset: 'ds' }] });
  });

  it('ends at its moment', async () => {
    const token = await mint();
    const end = (Math.floor(time.now / 1000) + 900) * 1000;
    await time.pass(end - time.now - 1);
    await identify(token);
    await time.pass(1);
    await expect(identify(token)).rejects.toEqual(unauthorized);
  });

  it('that would live longer than any may is refused', async () => {
    await expect(identify(await mint({ exp: Math.floor(time.now / 1000) + 3700 }))).rejects.toEqual(
      unauthorized,
    );
  });

  it('ends with its issuer: revoked, expired, or without the scope', async () => {
    const token = await mint();
    await identify(token);
    for (const left of [[], [await stored({ expires: time.now })], [await stored({ scopes: ['train'] })]]) {
      keys = left;
      await time.pass(30_000);
      await expect(identify(token)).rejects.toEqual(unauthorized);
    }
  });

  it('of the root key needs no vault, and ends when the root key is exchanged', async () => {
    isDown = true;
    expect(await identify(await mint({ iss: rootId(rootHash) }))).toMatchObject({ bindings: [] });
    const earlier = rootId(await sha256('the root key before'));
    await expect(identify(await mint({ iss: earlier }))).rejects.toMatchObject({
      type: 'keys-unavailable',
    });
    isDown = false;
    await time.pass(2000);
    await expect(identify(await mint({ iss: earlier }))).rejects.toEqual(unauthorized);
  });
});
