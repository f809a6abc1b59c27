// What the key vault does, over SQLite: makes, lists and revokes keys, signs tokens, tells the ring, keeps claims.
// A secret leaves it once and stays nowhere: under an Idempotency-Key it is made out of that key and a salt which
// is forgotten after a day, so that a repetition is told the same secret though none is stored.

import type {
  Claim,
  ClaimEnd,
  ClaimOutcome,
  KeyMaker,
  KeyRecord,
  KeyRequestData,
  KeyRingData,
  TokenClaims,
  TokenRequestData,
} from '../../../lib/contract/index.ts';
import type { Sql } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { fromBase64Url, sha256, toBase64Url } from '../../../lib/tensors/index.ts';
import { issueToken, keyText, type Signer, unknownKey } from '../../../lib/trust/index.ts';
import { createClaimTable } from './claim-table.ts';
import { createKeyTable, isLive, type StoredKey } from './key-table.ts';
import { createOriginTable } from './origin-table.ts';
import { createRevision } from './revision.ts';

/** Length of a secret, and of whatever one is made of. */
const secretBytes = 32;

export interface VaultOptions {
  sql: Sql;
  /** Signs tokens. */
  signer: Signer;
  clock(): number;
  ulid(now: number): string;
  random(bytes: number): Uint8Array;
}

export type Vault = ReturnType<typeof createVault>;

export function createVault({ sql, signer, clock, ulid, random }: VaultOptions) {
  const keys = createKeyTable(sql);
  const origins = createOriginTable(sql);
  const claims = createClaimTable(sql);
  const revision = createRevision(sql, () => toBase64Url(random(9)));
  const freshSecret = () => toBase64Url(random(secretBytes));

  /** When the maker's own key ends. @throws HeadwaterError `unauthorized` if it has ended */
  function endOf(maker: KeyMaker): number | null {
    if (maker.isRoot) return null;
    const key = keys.find(maker.keyId);
    if (!key || !isLive(key, clock())) throw unknownKey();
    return key.expires;
  }

  function require(id: string): StoredKey {
    const key = keys.find(id);
    if (!key) throw new HeadwaterError('not-found', `There is no key "${id}".`);
    return key;
  }

  return {
    ring(known: string | null): KeyRingData | null {
      const now = clock();
      if (known === revision.current()) return null;
      return { revision: revision.current(), keys: keys.live(now), origins: origins.live(now) };
    },

    /**
     * @throws HeadwaterError `forbidden` if it would outlive its maker, `bad-request` if it ends in the past,
     *   `conflict` if there is no room
     */
    async createKey(request: KeyRequestData, maker: KeyMaker, claim: Claim | null) {
      const id = claim?.ulid ?? ulid(clock());
      const secret = claim ? await secretFrom(claim) : freshSecret();
      const hash = await sha256(secret);
      // From here on in one step.
      const made = keys.find(id);
      if (made) return { record: publicRecord(made), key: keyText(id, secret) };
      const now = clock();
      const expires = expiryOf(request, now, endOf(maker));
      const { name = null, scopes, head = null, dataset = null } = request;
      const bound = { name, scopes, head, dataset };
      const key = { id, sha256: hash, ...bound, created: now, expires, revoked: null, madeBy: maker.keyId };
      keys.add(key, now);
      revision.grow();
      return { record: publicRecord(key), key: keyText(id, secret) };
    },

    list(after: string | null, limit: number): { rows: KeyRecord[]; more: boolean } {
      const found = keys.list(after ?? '', limit + 1);
      return { rows: found.slice(0, limit).map(publicRecord), more: found.length > limit };
    },
    record: (id: string): KeyRecord => publicRecord(require(id)),
    revoke(id: string): KeyRecord {
      require(id);
      keys.revoke(id, clock());
      origins.forget(id);
      revision.grow();
      return publicRecord(require(id));
    },

    /** A token ends when its issuer does, at the latest. A repeated request gets the same one. `ringChanged`: it
     *  lists an origin that edges have not heard of. */
    async mintToken(request: TokenRequestData, issuer: KeyMaker, claim: Claim | null) {
      const now = claim?.created ?? clock();
      const end = Math.min(now + request.ttl * 1000, endOf(issuer) ?? Number.POSITIVE_INFINITY);
      const { scope, head, dataset } = request;
      const token: TokenClaims = {
        v: 1,
        id: claim?.ulid ?? ulid(now),
        iss: issuer.keyId,
        scope,
        ...(head !== undefined && { head }),
        ...(dataset !== undefined && { dataset }),
        exp: Math.floor(end / 1000),
        ...(request.origins && { origins: [...new Set(request.origins)] }),
      };
      const text = await issueToken(token, signer);
      // A repetition may be told of a token that has expired: no edge need hear of that.
      const ends = token.exp * 1000;
      const ringChanged = clock() < ends && origins.note(issuer.keyId, token.origins ?? [], ends, clock());
      if (ringChanged) revision.grow();
      return { token: text, expires: ends, ringChanged };
    },

    async claim(caller: string, idempotencyKey: string, fingerprint: string): Promise<ClaimOutcome> {
      const name = await sha256(JSON.stringify([caller, idempotencyKey]));
      const now = clock();
      const fresh = { name, caller, fingerprint, ulid: ulid(now), salt: freshSecret() };
      const { claim, taken } = claims.take(fresh, now);
      if (taken) {
        const seed = await hmac(claim.salt, idempotencyKey);
        const { ulid, created, attempt } = claim;
        return { state: 'claimed', claim: { ulid, created, attempt, seed }, again: claim.carriedOut };
      }
      if (claim.fingerprint !== fingerprint) return { state: 'mismatch' };
      if (claim.answer) return { state: 'answered', answer: claim.answer };
      return { state: 'running', retryAfterMs: claim.leaseUntil - now };
    },
    endClaim: ({ ulid, attempt }: Claim, end: ClaimEnd): void => claims.end(ulid, attempt, end),
  };
}

function publicRecord({ sha256: _, ...record }: StoredKey): KeyRecord {
  return record;
}

/** When a new key ends: as asked for, and never after its maker. */
function expiryOf(request: KeyRequestData, now: number, makerEnds: number | null): number | null {
  const wanted =
    request.ttl !== undefined
      ? now + request.ttl * 1000
      : request.expires !== undefined
        ? Date.parse(request.expires)
        : null;
  if (wanted !== null && wanted <= now)
    throw new HeadwaterError('bad-request', '"expires": that time has passed already.', { field: 'expires' });
  if (wanted !== null && makerEnds !== null && wanted > makerEnds)
    throw new HeadwaterError(
      'forbidden',
      `A key does not outlive the one that makes it, which ends at ${new Date(makerEnds).toISOString()}.`,
    );
  return wanted ?? makerEnds;
}

/** A key's secret under a claim. Other things made of the same seed would have another label. */
const secretFrom = (claim: Claim): Promise<string> => hmac(claim.seed, 'api-key secret');

/** HMAC-SHA-256 under a base64url key, as base64url. */
async function hmac(key: string, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', fromBase64Url(key), algorithm, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text));
  return toBase64Url(new Uint8Array(mac));
}
