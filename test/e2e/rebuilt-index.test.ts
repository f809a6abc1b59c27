// The bucket is the truth: the coordinator's index, thrown away, comes back from the bucket alone, equal.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { fromJson } from '../../lib/tensors/index.ts';
import { useInstance } from '../support/instance.ts';
import {
  datasetOf,
  digits,
  exampleOf,
  promote,
  rollBack,
  teachAll,
  train,
  untilVersion,
  versionsOf,
} from '../support/steps.ts';

const hw = useInstance({ HEADWATER_REFRESH_MS: '200' });
const dataset = 'kept';
const taught: { label: string; digest: string; png: Uint8Array }[] = [];
const moved: { from: string; digest: string }[] = [];
const deleted: { label: string; digest: string }[] = [];
const probe = digits(['0'], 500, 1)[0]!.png;

beforeAll(async () => {
  const { api } = hw;
  for (const [i, { label, png }] of digits(['0', '1', '7'], 0, 8).entries()) {
    const tags = i % 3 === 0 ? '' : `?group=burst-${i % 4}&subject=${encodeURIComponent(`Zoë ${i % 2}`)}`;
    const path = `/v1/datasets/${dataset}/examples/${label}${tags}`;
    const { digest } = await api.json<{ digest: string }>('PUT', path, png);
    taught.push({ label, digest, png });
  }
  for (const example of taught.filter((_, i) => i % 6 === 0)) {
    moved.push({ from: example.label, digest: example.digest });
    example.label = 'moved';
    await api.teach(dataset, example.label, example.png);
  }
  for (const { label, digest } of taught.splice(1, 3)) {
    deleted.push({ label, digest });
    await api.call('DELETE', `/v1/datasets/${dataset}/examples/${label}/${digest}`);
  }
});

/** All that callers can learn of the index. */
async function dump() {
  const { api } = hw;
  return {
    dataset: await datasetOf(api, dataset),
    bytes: await Promise.all(taught.map(({ label, digest }) => exampleOf(api, dataset, label, digest))),
    gone: await Promise.all(
      [...moved.map(({ from, digest }) => ({ label: from, digest })), ...deleted].map(({ label, digest }) =>
        exampleOf(api, dataset, label, digest),
      ),
    ),
  };
}

/** What a training sees of the index: every digest with its label, group and side. */
async function snapshotExamples(version: number): Promise<object[]> {
  const { versions } = await versionsOf(hw.api, dataset);
  const { snapshot } = versions.find((v) => v.version === version)!;
  const object = await hw.store.get(`snapshots/${dataset}/${snapshot}.json`);
  const { examples } = fromJson(object!.body) as {
    examples: { digest: string; label: string; group: string | null; split: string }[];
  };
  return examples.map(({ digest, label, group, split }) => ({ digest, label, group, split }));
}

it('shows what was taught, moved and deleted', async () => {
  expect(await dump()).toEqual({
    dataset: expect.objectContaining({ examples: taught.length, labels: expect.any(Object) }),
    bytes: taught.map(({ png }) => png),
    gone: [...moved, ...deleted].map(() => null),
  });
  expect((await datasetOf(hw.api, dataset)).labels.moved).toBe(moved.length);
});

it('an index rebuilt from the bucket is equal: labels, groups, sides and codes', async () => {
  const { api } = hw;
  expect(await train(api, dataset, dataset)).toMatchObject({ status: 'succeeded', version: 1 });
  const before = await dump();
  expect(await api.json('POST', `/v1/datasets/${dataset}/rebuild`)).toEqual({
    examples: taught.length,
    codes: taught.length,
  });
  expect(await dump()).toEqual(before);
  const trained = await train(api, dataset, dataset, { warmStart: false });
  expect(trained).toMatchObject({ status: 'succeeded', version: 2 });
  expect(hw.log('trainer')).not.toContain(`fill ${trained.id}`);
  // The same snapshot to the byte: its digest covers segments and rows too.
  const { versions } = await versionsOf(api, dataset);
  expect(new Set(versions.map(({ snapshot }) => snapshot)).size).toBe(1);
  expect(new Set(versions.map(({ blob }) => blob)).size).toBe(1);
});

it("a coordinator that has lost its storage gives the same answers, and the head's life goes on", async () => {
  // Codes that only the index has, and that are lost with it: the trainer makes them anew from the images.
  const late = digits(['4'], 0, 4);
  await teachAll(hw.api, dataset, late);
  await rollBack(hw.api, dataset, { reason: 'before the loss' });
  const before = { ...(await dump()), versions: await versionsOf(hw.api, dataset) };
  await hw.stop();
  forgetDurableObjects();
  await hw.start();
  const { api } = hw;
  expect({ ...(await dump()), versions: await versionsOf(api, dataset) }).toEqual(before);

  const held = await train(api, dataset, dataset);
  expect(held).toMatchObject({ status: 'held', version: 3 });
  expect(held.reason).toContain('before the loss');
  expect(held.report!.examples).toBe(taught.length + late.length);
  expect(hw.log('trainer')).toContain(`fill ${held.id}`);
  const second = await snapshotExamples(2);
  const third = await snapshotExamples(3);
  for (const example of second) expect(third).toContainEqual(example);
  expect(third.length).toBe(second.length + late.length);

  await promote(api, dataset, 3);
  await untilVersion(api, dataset, 3, probe);
  expect((await rollBack(api, dataset)).stable).toBe(1);
  await untilVersion(api, dataset, 1, probe);
});

/** Deletes the Durable Objects' SQLite files, and nothing of the bucket. */
function forgetDurableObjects(): void {
  const folder = hw.folder('storage', 'v3', 'do');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.sqlite(-shm|-wal)?$/.test(file),
  );
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) rmSync(join(folder, file));
}
