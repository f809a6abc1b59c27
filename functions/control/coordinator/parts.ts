// Putting a coordinator together: index, journal, keepers and runner over one database and one bucket, once the
// object knows which dataset it is. What a coordinator does is a function of these parts, in a file of its own.

import type { DurableObjectStateLike } from 'cloudflare:workers';
import { type DatasetPolicy, DatasetPolicySchema, datasetKey } from '../../../lib/contract/index.ts';
import { createExampleIndex, type ExampleIndex, listCitations } from '../../../lib/datasets/index.ts';
import { loadLinalg } from '../../../lib/linalg/linalg-workerd.ts';
import { type ObjectStore, r2Store } from '../../../lib/storage/index.ts';
import { fromJson } from '../../../lib/tensors/index.ts';
import {
  importSigner,
  importVerifier,
  parseKeys,
  publicKeysOf,
  type SigningKeys,
} from '../../../lib/trust/index.ts';
import type { Env } from '../env.ts';
import { type Alarms, createAlarms } from './alarms.ts';
import { createChannelKeeper } from './channel-keeper.ts';
import { type CodeKeeper, createCodeKeeper } from './code-keeper.ts';
import type { GoingLive } from './going-live.ts';
import { createJournal, erasedAtFact, type Journal } from './journal.ts';
import { createLocalTrainer } from './local-trainer.ts';
import { createRunner, type Runner } from './runner.ts';
import { serially } from './serially.ts';
import { rebuild } from './teaching.ts';
import { createTrainerClient } from './trainer-client.ts';
import { isolateTurn } from './turn.ts';

/** What exists before the object knows which dataset it is. */
export interface Ground {
  store: ObjectStore;
  index: ExampleIndex;
  journal: Journal;
  alarms: Alarms;
  /** Runs `work`, which awaits nothing, as one transaction. */
  transaction<T>(work: () => T): T;
  /** Changes of the dataset's rows, one after the other. */
  mutations: ReturnType<typeof serially>;
  /** Beginnings of trainings and ends of heads, one after the other. Comes before `mutations` where both are held. */
  starts: ReturnType<typeof serially>;
  /** Keeps the object alive until `work` has ended. */
  keepAlive(work: Promise<unknown>): void;
}

export interface Parts extends Ground, GoingLive {
  dataset: string;
  /** Null until the first example has come. */
  policy: DatasetPolicy | null;
  codes: CodeKeeper;
  runner: Runner;
  /** Whether there is one, for what control cannot do itself. */
  hasTrainer: boolean;
}

export function layGround(state: DurableObjectStateLike, env: Env): Ground {
  const { storage } = state;
  const index = createExampleIndex(storage.sql);
  const journal = createJournal(storage.sql);
  return {
    store: r2Store(env.BUCKET),
    index,
    journal,
    alarms: createAlarms(storage, index, journal),
    transaction: (work) => storage.transactionSync(work),
    mutations: serially(),
    starts: serially(),
    keepAlive: (work) => state.waitUntil(work),
  };
}

export async function assembleParts(dataset: string, ground: Ground, env: Env): Promise<Parts> {
  const { store, index, journal, alarms, keepAlive } = ground;
  const keys = parseKeys<SigningKeys>(env.HEADWATER_SIGNING_KEYS, 'HEADWATER_SIGNING_KEYS');
  const signer = await importSigner(keys.artefacts);
  const verifier = await importVerifier(publicKeysOf(keys).artefacts);
  const object = await store.get(datasetKey(dataset));
  const policy = object && DatasetPolicySchema.parse(fromJson(object.body));
  const codes = createCodeKeeper(store, index, dataset);
  const channels = createChannelKeeper(store, journal, signer, verifier);
  const trainer = createTrainerClient(env.TRAINER_URL, await importSigner(keys.requests));
  const runner = createRunner({
    dataset,
    store,
    index,
    journal,
    codes,
    channels,
    signer,
    verifier,
    trainer,
    here: createLocalTrainer({ store, linalg: loadLinalg(), turn: isolateTurn }),
    mayTrainHere: () =>
      !trainer.isConfigured || (env.SMALL_TRAININGS !== 'trainer' && !isolateTurn.isTaken(Date.now())),
    keepAlive,
    changed: () => keepAlive(alarms.schedule()),
  });
  const parts: Parts = {
    ...ground,
    dataset,
    policy,
    codes,
    channels,
    runner,
    verifier,
    hasTrainer: trainer.isConfigured,
  };
  // An object without a memory, of a dataset that the bucket knows: the index is made anew from the bucket.
  if (!journal.fact('dataset')) {
    if (policy) await rebuild(parts);
    // Nobody remembers what was erased before: no training begins from what may have seen it.
    journal.setFact(erasedAtFact, String(Date.now()));
    journal.setFact('dataset', dataset);
    journal.setFact('citations', 'kept');
  }
  // An index from before citations were kept: without them segments of older versions would be let go.
  if (!journal.fact('citations')) {
    for (const { snapshot, codeSpace, ulids } of await listCitations(store, dataset))
      index.cite(snapshot, codeSpace, ulids);
    journal.setFact('citations', 'kept');
  }
  // A crash may have come between a job or a code and its alarm.
  await alarms.schedule();
  return parts;
}
