// The example index: the coordinator's SQLite tables that say which images a dataset has, and where the code
// of each lies in each space (still pending in the table, or in which row of which segment). It is an index of
// the bucket and can be rebuilt from it; what it alone holds, for seconds, are codes not yet in a segment.

import type { ExampleRow, SplitName, TaughtCode } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { createCitations } from './citations.ts';
import { createSegmentIndex } from './segment-index.ts';
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
  // Objects to delete: written in the same transaction as the rows that no longer point at them.
  'CREATE TABLE IF NOT EXISTS doomed_objects (key TEXT PRIMARY KEY)',
  // Images that could not be turned into a code of a space, so that they are not tried for ever.
  `CREATE TABLE IF NOT EXISTS unreadable (
     space TEXT NOT NULL, digest TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (space, digest))`,
];

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
    ...createSegmentIndex(sql, (digest) => find(digest) !== null),
    ...createCitations(sql),
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

    /** Examples by digest, after one, at most `limit`, of a label or a subject if one is given. */
    page(wanted: {
      after?: string | undefined;
      limit: number;
      label?: string | undefined;
      subject?: string | undefined;
    }): ExampleRow[] {
      const { after = '', limit, label = null, subject = null } = wanted;
      return rows(
        `SELECT * FROM examples WHERE digest > ?1 AND (?2 IS NULL OR label = ?2) AND (?3 IS NULL OR subject = ?3)
           ORDER BY digest LIMIT ?4`,
        after,
        label,
        subject,
        limit,
      ).map(toExample);
    },

    /** Every example of a subject. */
    ofSubject(subject: string): ExampleRow[] {
      return rows('SELECT * FROM examples WHERE subject = ? ORDER BY digest', subject).map(toExample);
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

    /** Digests of images that give no code of this space. */
    unreadable(space: string): string[] {
      return rows('SELECT digest FROM unreadable WHERE space = ?', space).map((row) => row.digest as string);
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

    /** Forgets everything that a rebuild finds again. */
    clear(): void {
      const tables = [
        'examples',
        'segments',
        'coded',
        'pending_codes',
        'unreadable',
        'erasures',
        'citations',
      ];
      for (const table of tables) rows(`DELETE FROM ${table}`);
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
