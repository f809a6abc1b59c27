// Which segments are cited by which snapshot. A version can be trained again only as long as the segments that its
// snapshot names exist, so a segment that no place points at any more stays for as long as it is cited.
// Written when a snapshot is frozen, and made anew from the bucket's snapshots by a rebuild.

import type { Sql } from './sql.ts';

const schema = [
  `CREATE TABLE IF NOT EXISTS citations (
     snapshot TEXT NOT NULL, space TEXT NOT NULL, ulid TEXT NOT NULL, PRIMARY KEY (snapshot, ulid))`,
  'CREATE INDEX IF NOT EXISTS citations_by_segment ON citations (ulid)',
];

/** The table over `sql`. Every function is one synchronous step. */
export function createCitations(sql: Sql) {
  for (const statement of schema) sql.exec(statement);
  return {
    /** A snapshot (its digest) cites these segments of a space; citing again changes nothing. */
    cite(snapshot: string, space: string, ulids: string[]): void {
      for (const ulid of ulids)
        sql.exec('INSERT OR IGNORE INTO citations VALUES (?, ?, ?)', snapshot, space, ulid);
    },
    /** Called when a snapshot is deleted: segments that only it has cited are free to go. */
    uncite(snapshot: string): void {
      sql.exec('DELETE FROM citations WHERE snapshot = ?', snapshot);
    },
    isCited(ulid: string): boolean {
      return sql.exec('SELECT 1 FROM citations WHERE ulid = ? LIMIT 1', ulid).toArray().length > 0;
    },
    /** Digests of the snapshots that cite a segment. */
    citersOf(ulid: string): string[] {
      const rows = sql
        .exec('SELECT snapshot FROM citations WHERE ulid = ? ORDER BY snapshot', ulid)
        .toArray();
      return rows.map((row) => row.snapshot as string);
    },
    /** Every cited segment once, in order. */
    citedSegments(): { space: string; ulid: string }[] {
      return sql.exec('SELECT DISTINCT space, ulid FROM citations ORDER BY space, ulid').toArray() as {
        space: string;
        ulid: string;
      }[];
    },
    /** Digests of the snapshots that cite anything, in order. */
    citingSnapshots(): string[] {
      const rows = sql.exec('SELECT DISTINCT snapshot FROM citations ORDER BY snapshot').toArray();
      return rows.map((row) => row.snapshot as string);
    },
  };
}
