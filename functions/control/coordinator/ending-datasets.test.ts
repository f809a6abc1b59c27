// Deleting a dataset, with a crash at every call of the store.

import { expect, it } from 'vitest';
import { datasetKey, exampleKey, examplesPrefix } from '../../../lib/contract/index.ts';
import { carryOnEndings, deleteDataset, endingsWakeAt, lastLookMs, sliceObjects } from './ending-datasets.ts';
import { deleteHead } from './ending-heads.ts';
import { requestReindexing } from './reindexing.ts';
import { rebuild, summary, teach as teachExample } from './teaching.ts';
import { createEndsWorld, type EndsWorld, expectImagesMatchRows } from './testing/ends-world-node.ts';
import { dataset, deaths, teach, untilDeath } from './testing/parts-node.ts';
import { backbone, codeSpaceDocument, pass, useFrozenDate } from './testing/runner-world-node.ts';

useFrozenDate();

/** A dataset that has been trained on, whose head has been deleted. */
async function worldWithoutHeads(): Promise<EndsWorld> {
  const world = await createEndsWorld(4);
  await world.train();
  await deleteHead(world.whole, 'birds');
  return world;
}

const remaining = async (world: EndsWorld) =>
  (await world.keys()).filter((key) => !key.startsWith('floors/'));

it('is refused while a head is bound to it, and says which', async () => {
  const world = await createEndsWorld(4);
  await world.train();
  await expect(deleteDataset(world.whole)).rejects.toMatchObject({
    type: 'conflict',
    facts: { heads: ['birds'] },
  });
  await expectImagesMatchRows(world);
});

it('takes images, codes, snapshots, records and rows; a second time it is gone', async () => {
  const world = await worldWithoutHeads();
  expect(await deleteDataset(world.whole)).toMatchObject({ done: true });
  expect(await remaining(world)).toEqual([]);
  for (const table of ['examples', 'segments', 'coded', 'citations', 'pending_codes', 'jobs'])
    expect(world.sql.exec(`SELECT * FROM ${table}`).toArray(), table).toEqual([]);
  await expect(deleteDataset(world.whole)).rejects.toMatchObject({ type: 'not-found' });
});

it('deletes a large one in slices, tells how far it is, and takes no example meanwhile', async () => {
  const world = await worldWithoutHeads();
  for (let i = 0; i < sliceObjects; i++)
    await world.bucket.put(`${examplesPrefix(dataset)}x/${i}`, new Uint8Array(0));
  expect(await deleteDataset(world.whole)).toEqual({ done: false, deleted: sliceObjects });
  expect(summary(world.whole)).toMatchObject({ examples: 0, deleting: { deleted: sliceObjects } });
  const row = await teach(world.parts, 9);
  await expect(teachExample(world.whole, row, [])).rejects.toMatchObject({ type: 'conflict' });
  await expect(world.train()).rejects.toMatchObject({ type: 'conflict' });
  await carryOnEndings(world.whole, Date.now());
  expect(await remaining(world)).toEqual([]);
  expect(() => summary(world.whole)).toThrow(/no dataset/);
});

it('gives up a reindexing that is under way, tells the trainer, and takes no other meanwhile', async () => {
  const world = await worldWithoutHeads();
  let aborted = false;
  world.trainer = async function* (_request, signal) {
    yield { type: 'heartbeat' };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    aborted = true;
  };
  const space = { ...codeSpaceDocument, imagePipeline: 'another' };
  const target = { backbone, taps: space.taps, codeSpace: space };
  const { id } = await requestReindexing(world.whole, target);
  await requestReindexing(world.whole, target);
  expect(world.job(id).status).toBe('running');
  for (let i = 0; i < sliceObjects; i++)
    await world.bucket.put(`${examplesPrefix(dataset)}x/${i}`, new Uint8Array(0));
  expect(await deleteDataset(world.whole)).toMatchObject({ done: false });
  await world.settle();
  expect(aborted).toBe(true);
  await expect(requestReindexing(world.whole, target)).rejects.toMatchObject({ type: 'conflict' });
  await carryOnEndings(world.whole, Date.now());
  expect(await remaining(world)).toEqual([]);
});

it('looks once more for an upload that was on its way', async () => {
  const world = await worldWithoutHeads();
  await deleteDataset(world.whole);
  await world.bucket.put(`${examplesPrefix(dataset)}late/image`, new Uint8Array(1));
  expect(endingsWakeAt(world.whole, Date.now())).toBe(Date.now() + lastLookMs);
  await carryOnEndings(world.whole, Date.now() + lastLookMs - 1);
  expect(await remaining(world)).toHaveLength(1);
  await carryOnEndings(world.whole, Date.now() + lastLookMs);
  expect(await remaining(world)).toEqual([]);
  expect(endingsWakeAt(world.whole, Date.now())).toBeNull();
});

it('gives such an upload no row, though the index be made anew', async () => {
  const world = await worldWithoutHeads();
  await deleteDataset(world.whole);
  await world.bucket.put(exampleKey(dataset, 'x', 'a'.repeat(64), 'png'), new Uint8Array(1));
  await expect(rebuild(world.whole)).rejects.toMatchObject({ type: 'not-found' });
  await carryOnEndings(world.whole, Date.now() + lastLookMs);
  await expectImagesMatchRows(world);
});

it('leaves alone what has been taught under the same name since', async () => {
  const world = await worldWithoutHeads();
  await deleteDataset(world.whole);
  const row = await teach(world.parts, 1);
  world.parts.index.remove(row.digest);
  await teachExample(world.whole, row, []);
  pass(lastLookMs);
  await world.carryOn();
  await expectImagesMatchRows(world);
  expect(world.parts.index.examples()).toHaveLength(1);
  expect(await world.bucket.head(datasetKey(dataset))).not.toBeNull();
  expect(world.parts.journal.fact('dataset')).toBe(dataset);
});

it('is finished by an alarm, or by who asks again, wherever it stopped', async () => {
  for (const death of deaths)
    for (let at = 1; ; at++) {
      const world = await worldWithoutHeads();
      const store = world.again(at, death);
      await untilDeath(deleteDataset(world.whole), store);
      // What is left is a dataset that can be deleted, until nothing is.
      if ((await remaining(world)).length > 0)
        expect(await remaining(world), `${death} ${at}`).toContain(datasetKey(dataset));
      world.again();
      if (at % 2) await world.carryOn();
      await deleteDataset(world.whole).catch(({ type }) => expect(type).toBe('not-found'));
      expect(await remaining(world), `${death} ${at}`).toEqual([]);
      if (store.calls < at) break;
    }
});
