// Origins that live tokens list, for preflights. An end is written an hour too late on purpose: the list changes
// once an hour for an origin in use, not with every token.

import type { Sql, SqlValue } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';

/** For one key that makes tokens, and for all of them. */
export const maxOriginsPerIssuer = 50;
export const maxOrigins = 2000;
const slackMs = 3_600_000;

export function createOriginTable(sql: Sql) {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS origins (
       issuer TEXT NOT NULL, origin TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (issuer, origin))`,
  );
  const count = (where: string, ...bindings: SqlValue[]): number =>
    sql.exec(`SELECT count(*) AS n FROM origins WHERE ${where}`, ...bindings).toArray()[0]!.n as number;

  return {
    /**
     * Notes that a token of `issuer` lists these until `until` (milliseconds). True if the list of live origins
     * has changed.
     *
     * @throws HeadwaterError `conflict` beyond the limits; then nothing is noted
     */
    note(issuer: string, origins: readonly string[], until: number, now: number): boolean {
      sql.exec('DELETE FROM origins WHERE until <= ?', now);
      const missing = origins.filter(
        (origin) => count('issuer = ? AND origin = ? AND until >= ?', issuer, origin, until) === 0,
      );
      const added = missing.filter((origin) => count('issuer = ? AND origin = ?', issuer, origin) === 0);
      if (
        added.length > 0 &&
        (count('issuer = ?', issuer) + added.length > maxOriginsPerIssuer ||
          count('1') + added.length > maxOrigins)
      )
        throw new HeadwaterError(
          'conflict',
          'Tokens that live now list too many origins. Use fewer, or wait until they have expired.',
          { maxOriginsPerIssuer, maxOrigins },
        );
      for (const origin of missing)
        sql.exec('INSERT OR REPLACE INTO origins VALUES (?, ?, ?)', issuer, origin, until + slackMs);
      return missing.length > 0;
    },
    forget(issuer: string): void {
      sql.exec('DELETE FROM origins WHERE issuer = ?', issuer);
    },
    live: (now: number): { origin: string; until: number }[] =>
      sql
        .exec('SELECT origin, max(until) AS until FROM origins WHERE until > ? GROUP BY origin', now)
        .toArray()
        .map(({ origin, until }) => ({ origin: origin as string, until: until as number })),
  };
}
