// The index of segments: which of them lie in the bucket, and in which row of which one the code of an image is.
// An image may stand in several: after a crash between two writes, and where an older segment stays for the sake of a
// snapshot after its codes have moved to a larger one. All are known, so that erasing finds every copy; the
// code's place is in the newest, so that what has been compacted is read and what it came from is not.

import type { Sql } from './sql.ts';

/** What is assumed of a segment whose size is not known: as many codes as are written at once, of the default tap. */
const assumed = { rows: 512, dims: 1344 };

const schema = [
  `CREATE TABLE IF NOT EXISTS segments (
     space TEXT NOT NULL, ulid TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (space, ulid))`,
  `CREATE TABLE IF NOT EXISTS coded (
     space TEXT NOT NULL, digest TEXT NOT NULL, ulid TEXT NOT NULL, row INTEGER NOT NULL,
     PRIMARY KEY (space, digest, ulid))`,
  'CREATE INDEX IF NOT EXISTS coded_by_segment ON coded (space, ulid)',
  // Codes to take out of their segments once no training reads those.
  `CREATE TABLE IF NOT EXISTS erasures (space TEXT NOT NULL, ulid TEXT NOT NULL, PRIMARY KEY (space, ulid))`,
];

/** Where a code lies. */
export interface SegmentPlace {
  ulid: string;
  row: number;
}

/** A segment that lies in the bucket, with the digest of its bytes. */
export interface SegmentEntry {
  ulid: string;
  sha256: string;
}

export function createSegmentIndex(sql: Sql, isExample: (digest: string) => boolean) {
  for (const statement of schema) sql.exec(statement);
  const rows = (query: string, ...bindings: (string | number | null)[]) =>
    sql.exec(query, ...bindings).toArray();
  for (const [column, value] of Object.entries(assumed))
    if (rows("SELECT 1 FROM pragma_table_info('segments') WHERE name = ?", column).length === 0)
      rows(`ALTER TABLE segments ADD COLUMN ${column} INTEGER NOT NULL DEFAULT ${value}`);

  return {
    /** Registers a segment that lies in the bucket: its rows are no longer pending. A digest that is no
     *  example (any more) marks the segment for erasure. */
    addSegment(
      space: string,
      ulid: string,
      sha256: string,
      digests: string[],
      dims: number = assumed.dims,
    ): void {
      rows(
        'INSERT OR REPLACE INTO segments (space, ulid, sha256, rows, dims) VALUES (?, ?, ?, ?, ?)',
        space,
        ulid,
        sha256,
        digests.length,
        dims,
      );
      for (const [row, digest] of digests.entries()) {
        if (!isExample(digest)) rows('INSERT OR IGNORE INTO erasures VALUES (?, ?)', space, ulid);
        else rows('INSERT OR IGNORE INTO coded VALUES (?, ?, ?, ?)', space, digest, ulid, row);
        rows('DELETE FROM pending_codes WHERE space = ? AND digest = ?', space, digest);
      }
    },

    removeSegment(space: string, ulid: string): void {
      rows('DELETE FROM segments WHERE space = ? AND ulid = ?', space, ulid);
      rows('DELETE FROM coded WHERE space = ? AND ulid = ?', space, ulid);
      rows('DELETE FROM erasures WHERE space = ? AND ulid = ?', space, ulid);
    },

    /** Every segment of a space, oldest first. */
    segments(space: string): SegmentEntry[] {
      return rows(
        'SELECT ulid, sha256 FROM segments WHERE space = ? ORDER BY ulid',
        space,
      ) as unknown as SegmentEntry[];
    },

    /** How many segments each space has. */
    segmentCounts(): { space: string; n: number }[] {
      return rows('SELECT space, count(*) AS n FROM segments GROUP BY space') as {
        space: string;
        n: number;
      }[];
    },

    /** Segments of a space that hold the place of some code, with the bytes of its codes, oldest first. */
    liveSegments(space: string): { ulid: string; bytes: number }[] {
      return rows(
        `SELECT ulid, 2 * rows * dims AS bytes FROM segments WHERE space = ?1 AND ulid IN (
           SELECT max(ulid) FROM coded WHERE space = ?1 GROUP BY digest) ORDER BY ulid`,
        space,
      ) as { ulid: string; bytes: number }[];
    },

    /** Length of the codes of a space, or null if no segment has one. */
    dimsOf(space: string): number | null {
      const [row] = rows('SELECT dims FROM segments WHERE space = ? ORDER BY ulid DESC LIMIT 1', space);
      return (row?.dims ?? null) as number | null;
    },

    /** Segments in which no code has its place: all of their codes stand in newer ones too, or were erased. */
    staleSegments(space: string): string[] {
      return rows(
        `SELECT ulid FROM segments WHERE space = ?1 AND ulid NOT IN (
           SELECT max(ulid) FROM coded WHERE space = ?1 GROUP BY digest) ORDER BY ulid`,
        space,
      ).map((row) => row.ulid as string);
    },

    /** Where the codes of a space lie, by image digest; of several places the one in the newest segment. */
    places(space: string): Map<string, SegmentPlace> {
      // SQLite takes `row` from the row that has the maximum.
      const found = rows(
        'SELECT digest, max(ulid) AS ulid, row FROM coded WHERE space = ? GROUP BY digest',
        space,
      );
      return new Map(
        found.map((row) => [row.digest as string, { ulid: row.ulid as string, row: row.row as number }]),
      );
    },

    /** In which segment the code of an image has its place, or null. */
    placeOf(space: string, digest: string): string | null {
      const [row] = rows('SELECT max(ulid) AS ulid FROM coded WHERE space = ? AND digest = ?', space, digest);
      return (row?.ulid ?? null) as string | null;
    },

    /** Everything that says where codes lie, for comparing two indexes. */
    allPlaces(): string[] {
      return rows('SELECT DISTINCT space, digest FROM coded ORDER BY space, digest').map(
        (row) => `${row.space} ${row.digest}`,
      );
    },

    /** Segments that hold codes of erased images. */
    erasures(): { space: string; ulid: string }[] {
      return rows('SELECT space, ulid FROM erasures') as { space: string; ulid: string }[];
    },
  };
}
