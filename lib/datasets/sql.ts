// The little of SQLite that the index needs: what a Durable Object's storage.sql offers, and what a test can
// put over node:sqlite.

export type SqlValue = string | number | null | ArrayBuffer;

export interface Sql {
  exec(query: string, ...bindings: SqlValue[]): { toArray(): Record<string, SqlValue>[] };
}
