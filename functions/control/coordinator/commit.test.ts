import { describe, expect, it } from 'vitest';
import {
  blobKey,
  channelsKey,
  type HeadDocument,
  type Job,
  TrainResultSchema,
} from '../../../lib/contract/index.ts';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { newJob } from '../../../lib/jobs/index.ts';
import {
  listVersions,
  promoted,
  readChannels,
  readManifest,
  rolledBack,
  writeManifest,
} from '../../../lib/registry/index.ts';
import { at, channelsOf, manifestOf, putChannels, putManifest } from '../../../lib/registry/testing.ts';
import { memoryStore, type ObjectStore } from '../../../lib/storage/index.ts';
import { sha256 } from '../../../lib/tensors/index.ts';
import { checkBlobs, commit } from './commit.ts';
import {
  createParts,
  dataset,
  deaths,
  keys,
  mortalStore,
  type Parts,
  untilDeath,
} from './testing/parts-node.ts';

const template = manifestOf('birds', 1);
const document: HeadDocument = {
  format: 1,
  head: 'birds',
  dataset,
  strategy: 'linear',
  kind: 'softmax',
  backbone: template.backbone,
  taps: template.codeSpaceDocument.taps,
  policy: { promote: 'stable' },
  created: at,
};
const id = 'job-1';

/** A job whose trainer is done, as the journal keeps it. */
function trainedJob(expected: number | null, jobId = id): Job {
  // What a trainer reports is a part of the manifest that is made of it.
  const result = TrainResultSchema.parse(template);
  const { backbone, codeSpace, codeSpaceDocument } = template;
  const wanted = { id: jobId, head: 'birds', dataset, seed: 3, backbone, codeSpace, codeSpaceDocument };
  return {
    ...newJob(wanted, 1),
    status: 'running',
    phase: 'committing',
    phaseSince: Date.parse(at),
    expectation: { stable: expected },
    snapshot: template.snapshot,
    result,
  };
}

function world({ stable = null as number | null } = {}) {
  const [sql, bucket] = [memorySql(), memoryStore()];
  const parts = (store: ObjectStore = bucket) => createParts(sql, store);
  parts().journal.saveJob(trainedJob(stable));
  return { sql, bucket, parts };
}

const run = (parts: Parts, jobId = id) => commit(jobId, document, parts);
const channelsIn = async (bucket: ObjectStore) =>
  (await readChannels(bucket, 'birds', keys.verifier))?.channels ?? null;

describe('a commit', () => {
  it('publishes the first version and makes it stable', async () => {
    const { bucket, parts } = world();
    expect(await run(parts())).toEqual({ version: 1, held: null });
    const manifest = await readManifest(bucket, 'birds', 1, keys.verifier);
    expect(manifest).toMatchObject({ job: id, dataset, seed: 3, created: at, blob: template.blob });
    expect(await channelsIn(bucket)).toMatchObject({ sequence: 1, stable: 1, pin: null, history: [] });
    expect(parts().journal.sequence('birds')).toBe(1);
  });

  it('counts on, and remembers the version that it replaces', async () => {
    const { bucket, parts } = world();
    await run(parts());
    parts().journal.saveJob(trainedJob(1, 'job-2'));
    expect(await run(parts(), 'job-2')).toEqual({ version: 2, held: null });
    expect(await channelsIn(bucket)).toMatchObject({ sequence: 2, stable: 2, history: [1] });
  });

  it('makes one version and one move of the channel, at whatever call of storage it dies', async () => {
    let deepest = 0;
    for (const death of deaths)
      for (let call = 1; call <= 12; call++) {
        const { bucket, parts } = world();
        const mortal = mortalStore(bucket, call, death);
        await untilDeath(run(parts(mortal)), mortal);
        deepest = Math.max(deepest, mortal.calls);
        expect(await run(parts()), `${death} ${call}`).toEqual({ version: 1, held: null });
        expect(await listVersions(bucket, 'birds'), `${death} ${call}`).toEqual([1]);
        expect(await channelsIn(bucket), `${death} ${call}`).toMatchObject({ sequence: 1, stable: 1 });
        expect(parts().journal.sequence('birds'), `${death} ${call}`).toBe(1);
      }
    // Every call has had its turn.
    expect(deepest).toBeGreaterThanOrEqual(4);
    expect(deepest).toBeLessThan(12);
  });

  it('makes one version even if it dies at every call, one after the other', async () => {
    for (const death of deaths) {
      const { bucket, parts } = world();
      for (let call = 1; call <= 8; call++) {
        const mortal = mortalStore(bucket, call, death);
        await untilDeath(run(parts(mortal)), mortal);
      }
      expect(await run(parts())).toEqual({ version: 1, held: null });
      expect(await listVersions(bucket, 'birds')).toEqual([1]);
      expect((await channelsIn(bucket))!.sequence).toBe(1);
    }
  });

  it('is never visible by half: whatever stable names has its manifest', async () => {
    for (const death of deaths)
      for (let call = 1; call <= 6; call++) {
        const { bucket, parts } = world();
        const mortal = mortalStore(bucket, call, death);
        await untilDeath(run(parts(mortal)), mortal);
        const stable = (await channelsIn(bucket))?.stable;
        if (stable) expect(await readManifest(bucket, 'birds', stable, keys.verifier)).not.toBeNull();
      }
  });

  it('is held, and its version kept, when a person rolled back meanwhile', async () => {
    const { bucket, parts } = world({ stable: 2 });
    for (const version of [1, 2]) await writeManifest(bucket, manifestOf('birds', version), keys.signer);
    const { channels } = parts();
    await channels.move('birds', (now, move) => ({ next: promoted(now, 1, move) }));
    await channels.move('birds', (now, move) => ({ next: promoted(now, 2, move) }));
    await channels.move('birds', (now, move) => ({ next: rolledBack(now, null, 'blurred', move) }));
    const outcome = await run(parts());
    expect(outcome).toEqual({ version: 3, held: expect.stringContaining('blurred') });
    expect(await channelsIn(bucket)).toMatchObject({ sequence: 3, stable: 1, pin: { version: 1 } });
    expect(await listVersions(bucket, 'birds')).toEqual([1, 2, 3]);
  });

  it('is held when it had moved the channel, died, and a person rolled it back before it ran again', async () => {
    const { bucket, parts } = world({ stable: 1 });
    await writeManifest(bucket, manifestOf('birds', 1), keys.signer);
    await parts().channels.move('birds', (now, move) => ({ next: promoted(now, 1, move) }));
    expect(await run(parts())).toEqual({ version: 2, held: null });
    await parts().channels.move('birds', (now, move) => ({ next: rolledBack(now, null, 'worse', move) }));
    expect(await run(parts())).toEqual({ version: 2, held: expect.stringContaining('worse') });
    expect(await channelsIn(bucket)).toMatchObject({ stable: 1, pin: { version: 1 } });
    expect(await listVersions(bucket, 'birds')).toEqual([1, 2]);
  });

  it('is held when a rollback comes between its reading of the channels and its writing', async () => {
    const { bucket, parts } = world({ stable: 2 });
    for (const version of [1, 2]) await putManifest(bucket, manifestOf('birds', version), keys);
    await putChannels(bucket, { ...channelsOf('birds', 5, 2), history: [1] }, keys);
    let intruded = false;
    const store: ObjectStore = {
      ...bucket,
      async put(key, body, options) {
        if (key === channelsKey('birds') && !intruded) {
          intruded = true;
          const now = await channelsIn(bucket);
          await putChannels(
            bucket,
            rolledBack(now, null, 'worse', { head: 'birds', sequenceFloor: 5, at }),
            keys,
          );
        }
        return bucket.put(key, body, options);
      },
    };
    expect((await run(parts(store))).held).toContain('worse');
    expect(await channelsIn(bucket)).toMatchObject({ sequence: 6, stable: 1, pin: { version: 1 } });
  });

  it('is held by channels that someone replaced by older ones, which lack the pin', async () => {
    const { bucket, parts } = world({ stable: 1 });
    await putManifest(bucket, manifestOf('birds', 1), keys);
    await parts().channels.move('birds', (now, move) => ({ next: promoted(now, 1, move) }));
    const old = await channelsIn(bucket);
    await parts().channels.move('birds', (now, move) => ({ next: rolledBack(now, 1, 'wait', move) }));
    await putChannels(bucket, old!, keys);
    expect((await run(parts())).held).toContain('older');
    expect(await channelsIn(bucket)).toEqual(old);
  });

  it('takes the next number when another manifest stands under its own', async () => {
    const { bucket, parts } = world();
    const list = bucket.list.bind(bucket);
    let intruded = false;
    const store: ObjectStore = {
      ...bucket,
      async list(options) {
        const page = await list(options);
        if (!intruded) await putManifest(bucket, manifestOf('birds', 1, { job: 'another' }), keys);
        intruded = true;
        return page;
      },
    };
    expect(await run(parts(store))).toEqual({ version: 2, held: null });
    expect((await readManifest(bucket, 'birds', 1, keys.verifier))!.job).toBe('another');
    expect((await channelsIn(bucket))!.stable).toBe(2);
  });
});

describe('a blob that a trainer reports', () => {
  it('must lie in storage, as long as reported, and be what its digest says', async () => {
    const store = memoryStore();
    const body = new Uint8Array([1, 2, 3]);
    const blob = { digest: await sha256(body), bytes: 3 };
    const refused = { type: 'digest-mismatch' };
    await expect(checkBlobs(store, 'birds', { blob, tail: null })).rejects.toMatchObject(refused);
    await store.put(blobKey('birds', blob.digest), body);
    await checkBlobs(store, 'birds', { blob, tail: null });
    await expect(
      checkBlobs(store, 'birds', { blob: { ...blob, bytes: 4 }, tail: null }),
    ).rejects.toMatchObject(refused);
    await store.put(blobKey('birds', blob.digest), new Uint8Array([1, 2, 4]));
    await expect(checkBlobs(store, 'birds', { blob, tail: null })).rejects.toMatchObject(refused);
  });
});
