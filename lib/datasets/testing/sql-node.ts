// node:sqlite in the clothes of a Durable Object's storage.sql: rows as plain objects, blobs as ArrayBuffers.

import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import type { Sql, SqlValue } from '../sql.ts';

/** A new, empty database in memory. */
export function memorySql(): Sql {
  const database = new DatabaseSync(':memory:');
  return {
    exec(query, ...bindings) {
      const rows = database.prepare(query).all(...bindings.map(toSqlite));
      return { toArray: () => rows.map(toPlain) };
    },
  };
}

const toSqlite = (value: SqlValue): SQLInputValue =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : value;

const toPlain = (row: Record<string, SQLOutputValue>): Record<string, SqlValue> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, fromSqlite(value)]));

function fromSqlite(value: SQLOutputValue): SqlValue {
  if (typeof value === 'bigint') throw new TypeError('the index keeps no 64-bit integers');
  return value instanceof Uint8Array ? value.slice().buffer : value;
}
