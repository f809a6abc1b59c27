// What the coordinator's parts stand on, for tests: index and journal over SQLite in memory, a bucket that dies on
// command, keys.
// Nothing but tests imports this.

import { type ExampleRow, exampleKey } from '../../../../lib/contract/index.ts';
import { createExampleIndex, type Sql } from '../../../../lib/datasets/index.ts';
import { memorySql } from '../../../../lib/datasets/testing/sql-node.ts';
import { HeadwaterError } from '../../../../lib/errors/index.ts';
import { testKeys } from '../../../../lib/registry/testing.ts';
import { memoryStore, type ObjectStore } from '../../../../lib/storage/index.ts';
import { sha256 } from '../../../../lib/tensors/index.ts';
import { createChannelKeeper } from '../channel-keeper.ts';
import { createCodeKeeper } from '../code-keeper.ts';
import { createJournal } from '../journal.ts';

export const dataset = 'ds';
export const space = 'a'.repeat(64);
export const keys = await testKeys();

export type Death = 'fail-before' | 'lost-answer' | 'dies-before' | 'dies-after';
export const deaths: Death[] = ['fail-before', 'lost-answer', 'dies-before', 'dies-after'];

export interface MortalStore extends ObjectStore {
  calls: number;
  /** Resolves when the process has died. */
  death: Promise<void>;
}

/** A store whose call number `at` fails, or never answers because the process has died, before or after it
 *  took place. Nothing after a death takes place either. */
export function mortalStore(inner: ObjectStore, at: number, death: Death): MortalStore {
  let die = () => {};
  let dead = false;
  const through = async <T>(call: () => Promise<T>): Promise<T> => {
    if (dead) return new Promise(() => {});
    if (++mortal.calls !== at) return call();
    if (death === 'lost-answer' || death === 'dies-after') await call();
    if (!death.startsWith('dies')) throw unavailable;
    dead = true;
    die();
    return new Promise(() => {});
  };
  const mortal: MortalStore = {
    calls: 0,
    death: new Promise((resolve) => {
      die = resolve;
    }),
    listsMetadata: inner.listsMetadata,
    get: (key, options) => through(() => inner.get(key, options)),
    head: (key) => through(() => inner.head(key)),
    put: (key, body, options) => through(() => inner.put(key, body, options)),
    delete: (names) => through(() => inner.delete(names)),
    list: (options) => through(() => inner.list(options)),
  };
  return mortal;
}

const unavailable = new HeadwaterError('storage-unavailable', 'injected');

/** Runs `work` to its end, its failure, or the death of its process, whichever comes. */
export const untilDeath = (work: Promise<unknown>, { death }: MortalStore): Promise<unknown> =>
  Promise.race([work.catch(() => {}), death]);

/** The parts of one instance over a database and a bucket that outlive it. */
export function createParts(sql: Sql = memorySql(), store: ObjectStore = memoryStore()) {
  const index = createExampleIndex(sql);
  const journal = createJournal(sql);
  const clock = { now: Date.parse('2026-01-02T03:04:05.000Z') };
  const time = {
    clock: () => clock.now,
    sleep: async (ms: number) => {
      clock.now += ms;
    },
  };
  return {
    sql,
    store,
    index,
    journal,
    clock,
    codes: createCodeKeeper(store, index, dataset),
    channels: createChannelKeeper(store, journal, keys.signer, keys.verifier, time),
    signer: keys.signer,
    verifier: keys.verifier,
  };
}

export type Parts = ReturnType<typeof createParts>;

/** An example in bucket and index, with a pending code (of its number) unless `code` is false. */
export async function teach(
  { store, index }: Parts,
  number: number,
  { label = number % 2 ? 'odd' : 'even', code = true, codeSpace = space } = {},
): Promise<ExampleRow> {
  const image = new TextEncoder().encode(`image ${number}`);
  const row: ExampleRow = {
    digest: await sha256(image),
    label,
    extension: 'png',
    bytes: image.length,
    group: null,
    subject: null,
    split: 'train',
    uploaded: number,
  };
  await store.put(exampleKey(dataset, row.label, row.digest, row.extension), image);
  index.put(row);
  if (code) index.putPendingCode(row.digest, { codeSpace, dims: 2, code: codeBytes(number) });
  return row;
}

/** Two float16 numbers, little-endian. */
export const codeBytes = (number: number) =>
  new Uint8Array(new Uint16Array([0x3c00 + number, number]).buffer);
