// The name of the vault's state: grows with every change that edges must hear of, so that an unchanged ring does
// not travel. It begins with a random word, because a vault that has lost its storage counts from the start.

import type { Sql } from '../../../lib/datasets/index.ts';

export function createRevision(sql: Sql, word: () => string) {
  sql.exec(
    'CREATE TABLE IF NOT EXISTS revision (one INTEGER PRIMARY KEY, word TEXT NOT NULL, n INTEGER NOT NULL)',
  );
  sql.exec('INSERT OR IGNORE INTO revision VALUES (1, ?, 0)', word());
  return {
    current(): string {
      const [row] = sql.exec('SELECT word, n FROM revision').toArray();
      return `${row!.word}.${row!.n}`;
    },
    grow(): void {
      sql.exec('UPDATE revision SET n = n + 1');
    },
  };
}
