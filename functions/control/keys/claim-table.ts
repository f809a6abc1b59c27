// Claims of an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). A request claims its key before it
// does anything and ends the claim with its answer.
//
// When the edge dies in between, the claim runs out after half a minute and the next repetition takes it up. It
// gets the same ULID and the same seed: what is made out of those alone is found again and not made twice. That
// is why a claim may be here and the thing it makes in another Durable Object.

import type { ClaimEnd, KeptAnswer } from '../../../lib/contract/index.ts';
import type { Sql, SqlValue } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';

/** How long a claim is remembered. */
export const keptMs = 24 * 3_600_000;
/** Longer than any request that makes something takes. */
export const leaseMs = 30_000;
/** Within `keptMs`, by one caller. */
export const maxClaimsPerCaller = 10_000;

const schema = [
  `CREATE TABLE IF NOT EXISTS claims (
     name TEXT PRIMARY KEY, ulid TEXT NOT NULL UNIQUE, caller TEXT NOT NULL, fingerprint TEXT NOT NULL,
     salt TEXT NOT NULL, created INTEGER NOT NULL, attempt INTEGER NOT NULL,
     lease_until INTEGER NOT NULL, carried_out INTEGER NOT NULL, answer TEXT)`,
  'CREATE INDEX IF NOT EXISTS claims_by_age ON claims (created)',
  'CREATE INDEX IF NOT EXISTS claims_by_caller ON claims (caller)',
];

export interface StoredClaim {
  ulid: string;
  fingerprint: string;
  salt: string;
  created: number;
  attempt: number;
  leaseUntil: number;
  /** It has been carried out, and has no answer that may be kept. */
  carriedOut: boolean;
  answer: KeptAnswer | null;
}

/** What a new claim needs, made by the caller, who has the clock and the random numbers. */
export interface FreshClaim {
  name: string;
  caller: string;
  fingerprint: string;
  ulid: string;
  salt: string;
}

export function createClaimTable(sql: Sql) {
  for (const statement of schema) sql.exec(statement);
  const find = (column: 'name' | 'ulid', value: string): StoredClaim | undefined =>
    sql.exec(`SELECT * FROM claims WHERE ${column} = ?`, value).toArray().map(toClaim)[0];

  return {
    /** The claim as it stood before, or undefined if it is new. Whoever may take it up has it from now on. */
    take(fresh: FreshClaim, now: number): { claim: StoredClaim; taken: boolean } {
      sql.exec('DELETE FROM claims WHERE created <= ?', now - keptMs);
      const found = find('name', fresh.name);
      if (!found) requireRoom(sql, fresh.caller);
      if (!found)
        sql.exec(
          'INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, 1, ?, 0, NULL)',
          fresh.name,
          fresh.ulid,
          fresh.caller,
          fresh.fingerprint,
          fresh.salt,
          now,
          now + leaseMs,
        );
      else if (found.fingerprint !== fresh.fingerprint || found.answer || found.leaseUntil > now)
        return { claim: found, taken: false };
      else
        sql.exec(
          'UPDATE claims SET attempt = attempt + 1, lease_until = ? WHERE name = ?',
          now + leaseMs,
          fresh.name,
        );
      return { claim: find('name', fresh.name)!, taken: true };
    },

    /** Only the last attempt may say that it came to nothing; that it was carried out, any may say. */
    end(ulid: string, attempt: number, end: ClaimEnd): void {
      if (end.end === 'answered')
        sql.exec('UPDATE claims SET answer = ? WHERE ulid = ?', JSON.stringify(end.answer), ulid);
      else if (end.end === 'again')
        sql.exec('UPDATE claims SET carried_out = 1, lease_until = 0 WHERE ulid = ?', ulid);
      // An earlier attempt whose end nobody knows may have made something.
      else if (end.end === 'refused' && attempt === 1)
        sql.exec('DELETE FROM claims WHERE ulid = ? AND attempt = 1 AND answer IS NULL', ulid);
      else sql.exec('UPDATE claims SET lease_until = 0 WHERE ulid = ? AND attempt = ?', ulid, attempt);
    },
  };
}

function requireRoom(sql: Sql, caller: string): void {
  const [row] = sql.exec('SELECT count(*) AS n FROM claims WHERE caller = ?', caller).toArray();
  if ((row!.n as number) >= maxClaimsPerCaller)
    throw new HeadwaterError(
      'overloaded',
      `This key has used ${maxClaimsPerCaller} Idempotency-Keys within a day. Send the request without one, or wait.`,
      { maxClaimsPerCaller },
    );
}

const toClaim = (row: Record<string, SqlValue>): StoredClaim => ({
  ulid: row.ulid as string,
  fingerprint: row.fingerprint as string,
  salt: row.salt as string,
  created: row.created as number,
  attempt: row.attempt as number,
  leaseUntil: row.lease_until as number,
  carriedOut: row.carried_out === 1,
  answer: row.answer === null ? null : JSON.parse(row.answer as string),
});
