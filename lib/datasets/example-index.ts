// The example index: the coordinator's SQLite tables that say which images a dataset has, and where the code
// of each lies in each space (still pending in the table, or in which row of which segment). It is an index of
// the bucket and can be rebuilt from it; what it alone holds, for seconds, are codes not yet in a segment.

import type { ExampleRow, SplitName, TaughtCode } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { Sql } from './sql.ts';

const schema = [
  `CREATE TABLE IF NOT EXISTS examples (
     digest TEXT PRIMARY KEY, label TEXT NOT NULL, extension TEXT NOT NULL, bytes INTEGER NOT NULL,
     grouping TEXT, subject TEXT, split TEXT NOT NULL, uploaded INTEGER NOT NULL)`,
  'CREATE INDEX IF NOT EXISTS examples_by_label ON examples (label)',
  'CREATE INDEX IF NOT EXISTS examples_by_subject ON examples (subject)',
  `CREATE TABLE IF NOT EXISTS pending_codes (
     space TEXT NOT NULL, digest TEXT NOT NULL, dims INTEGER NOT NULL, code BLOB NOT NULL,
     PRIMARY KEY (space, digest))`,
  `CREATE TABLE IF NOT EXISTS segments (
     space TEXT NOT NULL, ulid TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (space, ulid))`,
  // After a crash two segments may hold the code of one image: both are known, so that erasing finds both.
  `CREATE TABLE IF NOT EXISTS coded (
     space TEXT NOT NULL, digest TEXT NOT NULL, ulid TEXT NOT NULL, row INTEGER NOT NULL,
     PRIMARY KEY (space, digest, ulid))`,
  // Objects to delete: written in the same transaction as the rows that no longer point at them.
  'CREATE TABLE IF NOT EXISTS doomed_objects (key TEXT PRIMARY KEY)',
  // Images that could not be turned into a code of a space, so that they are not tried for ever.
  `CREATE TABLE IF NOT EXISTS unreadable (
     space TEXT NOT NULL, digest TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (space, digest))`,
  // Codes to take out of their segments once no training reads those.
  `CREATE TABLE IF NOT EXISTS erasures (space TEXT NOT NULL, ulid TEXT NOT NULL, PRIMARY KEY (space, ulid))`,
];

export interface SegmentPlace {
  ulid: string;
  row: number;
}

export type ExampleIndex = ReturnType<typeof createExampleIndex>;

/** The index over `sql`. Every function is one synchronous step, which a Durable Object commits as one. */
export function createExampleIndex(sql: Sql) {
  for (const statement of schema) sql.exec(statement);
  const rows = (query: string, ...bindings: (string | number | null)[]) =>
    sql.exec(query, ...bindings).toArray();

  function find(digest: string): ExampleRow | null {
    const [row] = rows('SELECT * FROM examples WHERE digest = ?', digest);
    return row ? toExample(row) : null;
  }

  return {
    find,

    /** Adds an example, or moves it if it stands under another label. */
    put(example: ExampleRow): void {
      // Uploaded again: what could not be read then may be readable now.
      rows('DELETE FROM unreadable WHERE digest = ?', example.digest);
      rows(
        `INSERT INTO examples VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (digest) DO UPDATE SET label = excluded.label, extension = excluded.extension,
           grouping = excluded.grouping, subject = excluded.subject, split = excluded.split,
           uploaded = excluded.uploaded`,
        example.digest,
        example.label,
        example.extension,
        example.bytes,
        example.group,
        example.subject,
        example.split,
        example.uploaded,
      );
    },

    remove(digest: string): void {
      rows('INSERT OR IGNORE INTO erasures SELECT space, ulid FROM coded WHERE digest = ?', digest);
      for (const table of ['examples', 'pending_codes', 'coded', 'unreadable'])
        rows(`DELETE FROM ${table} WHERE digest = ?`, digest);
    },

    labels(): Record<string, number> {
      const counts = rows('SELECT label, count(*) AS n FROM examples GROUP BY label ORDER BY label');
      return Object.fromEntries(counts.map((row) => [row.label as string, row.n as number]));
    },

    heldOut(): number {
      return rows("SELECT count(*) AS n FROM examples WHERE split = 'heldout'")[0]!.n as number;
    },

    /** All examples, by digest. */
    examples(): ExampleRow[] {
      return rows('SELECT * FROM examples ORDER BY digest').map(toExample);
    },

    // Codes that are not in a segment yet.

    /** @throws HeadwaterError `invalid-file` for a code that no segment could take. */
    putPendingCode(digest: string, { codeSpace, dims, code }: TaughtCode): void {
      if (dims < 1 || code.length !== 2 * dims)
        throw new HeadwaterError('invalid-file', `A code of ${dims} numbers came with ${code.length} bytes.`);
      const [known] = rows('SELECT 1 FROM coded WHERE space = ? AND digest = ?', codeSpace, digest);
      if (known) return;
      const blob = code.slice().buffer as ArrayBuffer;
      sql.exec('INSERT OR REPLACE INTO pending_codes VALUES (?, ?, ?, ?)', codeSpace, digest, dims, blob);
    },

    pendingSpaces(): { space: string; n: number }[] {
      return rows('SELECT space, count(*) AS n FROM pending_codes GROUP BY space') as {
        space: string;
        n: number;
      }[];
    },

    /** At most `limit` pending codes of a space, in digest order. */
    pendingCodes(space: string, limit: number): { digest: string; dims: number; code: Uint8Array }[] {
      return rows('SELECT * FROM pending_codes WHERE space = ? ORDER BY digest LIMIT ?', space, limit).map(
        (row) => ({
          digest: row.digest as string,
          dims: row.dims as number,
          code: new Uint8Array(row.code as ArrayBuffer),
        }),
      );
    },

    // Segments.

    /** Registers a segment that lies in the bucket: its rows are no longer pending. A digest that is no
     *  example (any more) marks the segment for erasure. */
    addSegment(space: string, ulid: string, sha256: string, digests: string[]): void {
      rows('INSERT OR REPLACE INTO segments VALUES (?, ?, ?)', space, ulid, sha256);
      for (const [row, digest] of digests.entries()) {
        if (!find(digest)) rows('INSERT OR IGNORE INTO erasures VALUES (?, ?)', space, ulid);
        else rows('INSERT OR IGNORE INTO coded VALUES (?, ?, ?, ?)', space, digest, ulid, row);
        rows('DELETE FROM pending_codes WHERE space = ? AND digest = ?', space, digest);
      }
    },

    removeSegment(space: string, ulid: string): void {
      rows('DELETE FROM segments WHERE space = ? AND ulid = ?', space, ulid);
      rows('DELETE FROM coded WHERE space = ? AND ulid = ?', space, ulid);
      rows('DELETE FROM erasures WHERE space = ? AND ulid = ?', space, ulid);
    },

    segments(space: string): { ulid: string; sha256: string }[] {
      return rows('SELECT ulid, sha256 FROM segments WHERE space = ? ORDER BY ulid', space) as {
        ulid: string;
        sha256: string;
      }[];
    },

    /** Where the codes of a space lie, by image digest; of several places the one in the oldest segment. */
    places(space: string): Map<string, SegmentPlace> {
      // SQLite takes `row` from the row that has the minimum.
      const found = rows(
        'SELECT digest, min(ulid) AS ulid, row FROM coded WHERE space = ? GROUP BY digest',
        space,
      );
      return new Map(
        found.map((row) => [row.digest as string, { ulid: row.ulid as string, row: row.row as number }]),
      );
    },

    /** Everything that says where codes lie, for comparing two indexes. */
    allPlaces(): string[] {
      return rows('SELECT DISTINCT space, digest FROM coded ORDER BY space, digest').map(
        (row) => `${row.space} ${row.digest}`,
      );
    },

    /** Examples without a code of this space, neither pending nor in a segment. */
    uncoded(space: string): ExampleRow[] {
      return rows(
        `SELECT * FROM examples e WHERE NOT EXISTS (SELECT 1 FROM coded c WHERE c.space = ?1 AND c.digest = e.digest)
           AND NOT EXISTS (SELECT 1 FROM pending_codes p WHERE p.space = ?1 AND p.digest = e.digest)
           AND NOT EXISTS (SELECT 1 FROM unreadable u WHERE u.space = ?1 AND u.digest = e.digest) ORDER BY digest`,
        space,
      ).map(toExample);
    },

    markUnreadable(space: string, digest: string, detail: string): void {
      rows('INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?)', space, digest, detail);
    },

    // What is left to tidy.

    doom(key: string): void {
      rows('INSERT OR IGNORE INTO doomed_objects VALUES (?)', key);
    },
    spare(key: string): void {
      rows('DELETE FROM doomed_objects WHERE key = ?', key);
    },
    isDoomed(key: string): boolean {
      return rows('SELECT 1 FROM doomed_objects WHERE key = ?', key).length > 0;
    },
    doomed(): string[] {
      return rows('SELECT key FROM doomed_objects ORDER BY key').map((row) => row.key as string);
    },
    erasures(): { space: string; ulid: string }[] {
      return rows('SELECT space, ulid FROM erasures') as { space: string; ulid: string }[];
    },

    /** Forgets everything that a rebuild finds again. */
    clear(): void {
      for (const table of ['examples', 'segments', 'coded', 'pending_codes', 'unreadable', 'erasures'])
        rows(`DELETE FROM ${table}`);
    },
  };
}

function toExample(row: Record<string, unknown>): ExampleRow {
  return {
    digest: row.digest as string,
    label: row.label as string,
    extension: row.extension as string,
    bytes: row.bytes as number,
    group: row.grouping as string | null,
    subject: row.subject as string | null,
    split: row.split as SplitName,
    uploaded: row.uploaded as number,
  };
}
