// The coordinator's journal in SQLite: its jobs, the highest channel sequence of each head, and a few facts
// about the dataset. Every function is one synchronous step.

import { type Job, JobSchema } from '../../../lib/contract/index.ts';
import type { Sql } from '../../../lib/datasets/index.ts';
import { isOver } from '../../../lib/jobs/index.ts';
import { createEndings } from './endings.ts';

const schema = [
  'CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
  // `recorded`: whether jobs/<ds>/<id>.json lies in the bucket and says whether the job is over.
  `CREATE TABLE IF NOT EXISTS jobs (
     id TEXT PRIMARY KEY, over INTEGER NOT NULL, recorded INTEGER NOT NULL, document TEXT NOT NULL)`,
  // Ended jobs stay for a while; those that have not ended, and those without a record, are looked for all the time.
  'CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (over, recorded)',
  'CREATE TABLE IF NOT EXISTS sequences (head TEXT PRIMARY KEY, sequence INTEGER NOT NULL)',
];

/** A fact: when an image was last erased, in milliseconds since 1970. */
export const erasedAtFact = 'erased-at';

export type Journal = ReturnType<typeof createJournal>;

export function createJournal(sql: Sql) {
  for (const statement of schema) sql.exec(statement);
  const documents = (query: string, ...bindings: string[]): Job[] =>
    sql
      .exec(query, ...bindings)
      .toArray()
      .map((row) => JobSchema.parse(JSON.parse(row.document as string)));

  return {
    ...createEndings(sql),

    fact(name: string): string | null {
      const [row] = sql.exec('SELECT value FROM facts WHERE name = ?', name).toArray();
      return row ? (row.value as string) : null;
    },
    setFact(name: string, value: string): void {
      sql.exec('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value);
    },

    job(id: string): Job | null {
      return documents('SELECT document FROM jobs WHERE id = ?', id)[0] ?? null;
    },
    /** Jobs that are not over, in the order in which they came: two ULIDs of one millisecond do not tell. */
    activeJobs(): Job[] {
      return documents('SELECT document FROM jobs WHERE over = 0 ORDER BY rowid');
    },
    /** Some of the jobs that the bucket does not know of, or not that they have ended. */
    unrecordedJobs(): Job[] {
      return documents('SELECT document FROM jobs WHERE recorded = 0 ORDER BY rowid LIMIT 20');
    },
    saveJob(job: Job): void {
      sql.exec(
        `INSERT INTO jobs VALUES (?, ?, 0, ?)
         ON CONFLICT (id) DO UPDATE SET document = excluded.document, over = excluded.over,
           recorded = recorded AND over = excluded.over`,
        job.id,
        isOver(job) ? 1 : 0,
        JSON.stringify(job),
      );
    },
    /** @param over whether the record says that the job has ended */
    markRecorded(id: string, over: boolean): void {
      sql.exec('UPDATE jobs SET recorded = 1 WHERE id = ? AND over = ?', id, over ? 1 : 0);
    },
    /** Forgets ended jobs whose record lies in the bucket, but for the latest `keep`. */
    forgetJobs(keep: number): void {
      sql.exec(
        `DELETE FROM jobs WHERE over = 1 AND recorded = 1 AND rowid NOT IN (
           SELECT rowid FROM jobs WHERE over = 1 ORDER BY rowid DESC LIMIT ?)`,
        keep,
      );
    },

    sequence(head: string): number {
      const [row] = sql.exec('SELECT sequence FROM sequences WHERE head = ?', head).toArray();
      return row ? (row.sequence as number) : 0;
    },
    sawSequence(head: string, sequence: number): void {
      sql.exec(
        `INSERT INTO sequences VALUES (?, ?)
         ON CONFLICT (head) DO UPDATE SET sequence = max(sequence, excluded.sequence)`,
        head,
        sequence,
      );
    },
  };
}
