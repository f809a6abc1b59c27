// What control's key vault offers to the edge: keys, tokens, and claims of an Idempotency-Key.

import type { KeyRequestData, Scope, TokenRequestData } from './http-keys.ts';
import type { Result } from './rpc.ts';

/** A key as it may be shown. Times in milliseconds since 1970. */
export interface KeyRecord {
  id: string;
  name: string | null;
  scopes: Scope[];
  head: string | null;
  dataset: string | null;
  created: number;
  expires: number | null;
  revoked: number | null;
  madeBy: string;
}

/** A live key as edges keep it: what it takes to know it again, never the secret. */
export interface RingKey extends Pick<KeyRecord, 'id' | 'scopes' | 'head' | 'dataset' | 'expires'> {
  /** Of the secret part. */
  sha256: string;
}

/** Every live key, and the origins that live tokens list. */
export interface KeyRingData {
  /** Names this state of the vault; asked for again with it, an unchanged ring need not travel. */
  revision: string;
  keys: RingKey[];
  origins: { origin: string; until: number }[];
}

/** Who makes a key or a token, as the edge has recognised the caller. The root key is none of the vault's. */
export interface KeyMaker {
  keyId: string;
  isRoot: boolean;
}

/**
 * A repetition under the same Idempotency-Key has the same claim, so whatever is made of it alone is made once.
 * `seed` is known to nobody who lacks the Idempotency-Key.
 */
export interface Claim {
  ulid: string;
  /** Milliseconds since 1970. */
  created: number;
  /** 32 bytes, base64url. */
  seed: string;
  /** Counts who has taken it up, from 1: the next one does if one vanishes. */
  attempt: number;
}

/** What is kept of an answer. */
export interface KeptAnswer {
  status: number;
  location: string | null;
  body: string;
}

export type ClaimOutcome =
  /** Go ahead. `again`: it has been carried out before and has to be told again. */
  | { state: 'claimed'; claim: Claim; again: boolean }
  | { state: 'answered'; answer: KeptAnswer }
  | { state: 'running'; retryAfterMs: number }
  | { state: 'mismatch' };

/** How a claim ended: with an answer to keep; told anew each time, because the answer is a secret; refused, so
 *  that nothing was made; or unknown, so that a repetition finds out. */
export type ClaimEnd =
  | { end: 'answered'; answer: KeptAnswer }
  | { end: 'again' }
  | { end: 'refused' }
  | { end: 'unknown' };

export interface KeyVaultRpc {
  /** Null if `known` is still the state of the vault. */
  keyRing(known: string | null): Promise<Result<KeyRingData | null>>;
  createKey(
    request: KeyRequestData,
    maker: KeyMaker,
    claim: Claim | null,
  ): Promise<Result<{ record: KeyRecord; key: string }>>;
  /** Oldest first, after the id `after`; `more` if there are others behind them. */
  listKeys(after: string | null, limit: number): Promise<Result<{ rows: KeyRecord[]; more: boolean }>>;
  keyRecord(id: string): Promise<Result<KeyRecord>>;
  revokeKey(id: string): Promise<Result<KeyRecord>>;
  mintToken(
    request: TokenRequestData,
    issuer: KeyMaker,
    claim: Claim | null,
  ): Promise<Result<{ token: string; expires: number; ringChanged: boolean }>>;
  claim(caller: string, idempotencyKey: string, fingerprint: string): Promise<Result<ClaimOutcome>>;
  endClaim(claim: Claim, end: ClaimEnd): Promise<Result<null>>;
}
