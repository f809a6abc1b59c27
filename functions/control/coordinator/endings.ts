// The coordinator's journal of endings: what is being deleted, so that an alarm takes it up wherever it stopped and
// nobody begins anything new on it, and the numbers that heads of a name have used. Every function is one
// synchronous step.

import type { Sql } from '../../../lib/datasets/index.ts';
import type { FloorNumbers } from '../../../lib/registry/index.ts';

const schema = [
  `CREATE TABLE IF NOT EXISTS endings (
     kind TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, since INTEGER NOT NULL,
     deleted INTEGER NOT NULL, PRIMARY KEY (kind, name, version))`,
  'CREATE TABLE IF NOT EXISTS floors (head TEXT PRIMARY KEY, version INTEGER NOT NULL, sequence INTEGER NOT NULL)',
];

/** `remains`: a dataset that is gone, where an upload that was under way may still leave an image. */
export type EndingKind = 'head' | 'version' | 'dataset' | 'remains';

export interface Ending {
  kind: EndingKind;
  name: string;
  /** Of a version; 0 for everything else. */
  version: number;
  /** Milliseconds since 1970. */
  since: number;
  /** Objects deleted so far. */
  deleted: number;
}

export function createEndings(sql: Sql) {
  for (const statement of schema) sql.exec(statement);
  const one = (kind: EndingKind, name: string, version: number) => [kind, name, version] as const;

  return {
    beginEnding(kind: EndingKind, name: string, version: number, now: number): void {
      sql.exec('INSERT OR IGNORE INTO endings VALUES (?, ?, ?, ?, 0)', ...one(kind, name, version), now);
    },
    /** In the order in which they were begun. */
    endings(): Ending[] {
      return sql.exec('SELECT * FROM endings ORDER BY rowid').toArray() as unknown as Ending[];
    },
    ending(kind: EndingKind, name: string, version = 0): Ending | null {
      const found = sql.exec(
        'SELECT * FROM endings WHERE kind = ? AND name = ? AND version = ?',
        ...one(kind, name, version),
      );
      return (found.toArray()[0] ?? null) as Ending | null;
    },
    countDeleted(kind: EndingKind, name: string, objects: number): void {
      sql.exec('UPDATE endings SET deleted = deleted + ? WHERE kind = ? AND name = ?', objects, kind, name);
    },
    finishEnding(kind: EndingKind, name: string, version = 0): void {
      sql.exec(
        'DELETE FROM endings WHERE kind = ? AND name = ? AND version = ?',
        ...one(kind, name, version),
      );
    },

    /** What heads of this name have used before the present one, zeroes if there were none. */
    floor(head: string): FloorNumbers {
      const [row] = sql.exec('SELECT version, sequence FROM floors WHERE head = ?', head).toArray();
      return (row ?? { version: 0, sequence: 0 }) as unknown as FloorNumbers;
    },
    raiseFloor(head: string, { version, sequence }: FloorNumbers): void {
      if (version === 0 && sequence === 0) return;
      sql.exec(
        `INSERT INTO floors VALUES (?, ?, ?) ON CONFLICT (head) DO UPDATE SET
           version = max(version, excluded.version), sequence = max(sequence, excluded.sequence)`,
        head,
        version,
        sequence,
      );
    },
    /** Names of which something has been deleted here. */
    flooredHeads(): string[] {
      const rows = sql.exec('SELECT head FROM floors ORDER BY head').toArray();
      return rows.map((row) => row.head as string);
    },

    /** Forgets the trainings of a dataset that is gone, and with `facts` that it ever was. The highest sequences
     *  stay: an old and well-signed document must not be believed later. */
    forgetDataset({ facts }: { facts: boolean }): void {
      sql.exec('DELETE FROM jobs');
      if (facts) sql.exec('DELETE FROM facts');
    },
  };
}
