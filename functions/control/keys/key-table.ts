// The vault's keys in SQLite: a hash of each secret, never a secret. Keys that have ended stay listed until their
// place is needed. Every function is one synchronous step, which a Durable Object commits as one.

import type { KeyRecord, RingKey, Scope } from '../../../lib/contract/index.ts';
import type { Sql, SqlValue } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { keptMs } from './claim-table.ts';

/** Rows at most, live or ended: a ring of a quarter megabyte. */
export const maxKeys = 1000;

const schema = `CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, name TEXT, scopes TEXT NOT NULL, head TEXT, dataset TEXT,
  created INTEGER NOT NULL, expires INTEGER, revoked INTEGER, made_by TEXT NOT NULL)`;

/** When a key ended; null while it lives. */
const endedAt = 'coalesce(min(revoked, expires), revoked, expires)';

export type StoredKey = KeyRecord & { sha256: string };
export function createKeyTable(sql: Sql) {
  sql.exec(schema);
  const rows = (query: string, ...bindings: SqlValue[]) =>
    sql
      .exec(query, ...bindings)
      .toArray()
      .map(toKey);

  /** Ends that a repeated request could still ask for are kept: it would make the key anew. */
  function makeRoom(now: number): void {
    const [row] = sql.exec('SELECT count(*) AS n FROM keys').toArray();
    if ((row!.n as number) < maxKeys) return;
    const ended = rows(
      `SELECT * FROM keys WHERE ${endedAt} < ? AND created < ? ORDER BY ${endedAt} LIMIT 1`,
      now,
      now - keptMs,
    )[0];
    if (!ended)
      throw new HeadwaterError(
        'conflict',
        `There are ${maxKeys} keys already. Revoke some, and wait a day.`,
        {
          maxKeys,
        },
      );
    sql.exec('DELETE FROM keys WHERE id = ?', ended.id);
  }

  return {
    find: (id: string): StoredKey | undefined => rows('SELECT * FROM keys WHERE id = ?', id)[0],
    /** @throws HeadwaterError `conflict` if there is no room */
    add(key: StoredKey, now: number): void {
      makeRoom(now);
      sql.exec(
        'INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        key.id,
        key.sha256,
        key.name,
        key.scopes.join(' '),
        key.head,
        key.dataset,
        key.created,
        key.expires,
        key.revoked,
        key.madeBy,
      );
    },
    /** A key that is revoked already keeps its time. */
    revoke(id: string, now: number): void {
      sql.exec('UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL', now, id);
    },
    /** By id, and so by age. */
    list: (after: string, limit: number): StoredKey[] =>
      rows('SELECT * FROM keys WHERE id > ? ORDER BY id LIMIT ?', after, limit),
    live: (now: number): RingKey[] =>
      rows('SELECT * FROM keys WHERE revoked IS NULL AND (expires IS NULL OR expires > ?)', now).map(
        ({ id, sha256, scopes, head, dataset, expires }) => ({ id, sha256, scopes, head, dataset, expires }),
      ),
  };
}

const toKey = (row: Record<string, SqlValue>): StoredKey => ({
  id: row.id as string,
  sha256: row.sha256 as string,
  name: row.name as string | null,
  scopes: (row.scopes as string).split(' ') as Scope[],
  head: row.head as string | null,
  dataset: row.dataset as string | null,
  created: row.created as number,
  expires: row.expires as number | null,
  revoked: row.revoked as number | null,
  madeBy: row.made_by as string,
});

/** Whether a key counts at this moment. */
export const isLive = ({ revoked, expires }: StoredKey, now: number): boolean =>
  revoked === null && (expires === null || now < expires);
