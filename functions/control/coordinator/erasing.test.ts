// Erasing a person: what goes at once, what waits for a training, and which versions are named.

import { expect, it } from 'vitest';
import { codesPrefix, exampleKey, snapshotKey } from '../../../lib/contract/index.ts';
import { exampleMetadata, readSegment } from '../../../lib/datasets/index.ts';
import { readManifest } from '../../../lib/registry/index.ts';
import { eraseSubject } from './erasing.ts';
import { createEndsWorld, type EndsWorld, expectImagesMatchRows } from './testing/ends-world-node.ts';
import { dataset, deaths, keys, teach, untilDeath } from './testing/parts-node.ts';
import { codeSpace, useFrozenDate } from './testing/runner-world-node.ts';

useFrozenDate();

/** Teaches an image that shows somebody. */
async function show(world: EndsWorld, number: number, subject: string): Promise<string> {
  const row = await teach(world.parts, number, { codeSpace });
  world.parts.index.put({ ...row, subject });
  return row.digest;
}

/** Digests of all images whose codes lie anywhere in the bucket. */
async function codedDigests(world: EndsWorld): Promise<Set<string>> {
  const found = new Set<string>();
  for (const key of await world.keys(codesPrefix(dataset)))
    for (const digest of readSegment((await world.bucket.get(key))!.body, codeSpace).digests)
      found.add(digest);
  return found;
}

it('takes images, rows and codes, old segments too, and names the versions that had seen them', async () => {
  const world = await createEndsWorld(4);
  await world.train();
  const shown = [await show(world, 11, 'Zoë'), await show(world, 12, 'Zoë')];
  const other = await show(world, 13, 'Ann');
  await world.train();
  // What the second version cites is superseded, and stays for its sake.
  await world.supersede(14);
  expect(world.parts.index.staleSegments(codeSpace)).toHaveLength(2);
  await world.train('owls');
  expect(await eraseSubject(world.whole, 'Zoë')).toEqual({
    erased: 2,
    versions: [
      { head: 'birds', version: 2, certain: true },
      { head: 'owls', version: 1, certain: true },
    ],
    trainings: [],
    codesPending: false,
  });
  const coded = await codedDigests(world);
  for (const digest of shown) expect(coded).not.toContain(digest);
  expect(coded).toContain(other);
  expect(world.parts.index.ofSubject('Zoë')).toEqual([]);
  await expectImagesMatchRows(world);
});

it('finds nothing the second time, and of nobody, and says so without an error', async () => {
  const world = await createEndsWorld(4);
  await show(world, 11, 'Zoë');
  expect(await eraseSubject(world.whole, 'Zoë')).toMatchObject({ erased: 1, versions: [] });
  const nothing = { erased: 0, versions: [], trainings: [], codesPending: false };
  expect(await eraseSubject(world.whole, 'Zoë')).toEqual(nothing);
  expect(await eraseSubject(world.whole, 'nobody')).toEqual(nothing);
});

type World = Awaited<ReturnType<typeof createEndsWorld>>;

/** Holds every training of the world back; what it answers lets the one go that has come last. */
function holdTrainer(world: World): () => void {
  let go = () => {};
  const { trainer } = world;
  world.trainer = async function* (request, signal) {
    yield { type: 'heartbeat' };
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    yield* trainer(request, signal);
  };
  return () => go();
}

async function untilTrains(world: World, id: string): Promise<void> {
  while (world.job(id).phase !== 'training') await new Promise((resolve) => setTimeout(resolve, 1));
}

it('leaves codes until the training that reads them has ended, and names it', async () => {
  const world = await createEndsWorld(4);
  const digest = await show(world, 11, 'Zoë');
  const go = holdTrainer(world);
  const id = await world.request();
  await untilTrains(world, id);
  expect(await eraseSubject(world.whole, 'Zoë')).toMatchObject({ trainings: [id], codesPending: true });
  await expectImagesMatchRows(world);
  expect(await codedDigests(world)).toContain(digest);
  go();
  await world.settle();
  await world.parts.codes.erase();
  await world.parts.codes.sweep();
  expect(await codedDigests(world)).not.toContain(digest);
});

it('does not wait for ever where one training follows the other', async () => {
  const world = await createEndsWorld(4);
  const digest = await show(world, 11, 'Zoë');
  const go = holdTrainer(world);
  const first = await world.request();
  await untilTrains(world, first);
  const second = await world.request();
  expect(await eraseSubject(world.whole, 'Zoë')).toMatchObject({ trainings: [first], codesPending: true });
  go();
  await untilTrains(world, second);
  expect(world.runner.busy()).toBe(true);
  await world.parts.codes.sweep();
  expect(await codedDigests(world)).not.toContain(digest);
  go();
  await world.settle();
  expect(world.job(second).status).toBe('succeeded');
});

it('takes images of the subject whose upload was never acknowledged, and no others', async () => {
  const world = await createEndsWorld(4);
  await show(world, 11, 'Zoë');
  const put = (label: string, name: string, subject: string) =>
    world.bucket.put(exampleKey(dataset, label, name.repeat(64), 'png'), new Uint8Array(1), {
      metadata: { [exampleMetadata.subject]: subject },
    });
  await put('even', 'a', 'Zoë');
  await put('even', 'b', 'Ann');
  expect(await eraseSubject(world.whole, 'Zoë')).toMatchObject({ erased: 2, codesPending: false });
  expect(await world.bucket.head(exampleKey(dataset, 'even', 'a'.repeat(64), 'png'))).toBeNull();
  expect(await world.bucket.head(exampleKey(dataset, 'even', 'b'.repeat(64), 'png'))).not.toBeNull();
  expect(await eraseSubject(world.whole, 'Zoë')).toMatchObject({ erased: 0 });
});

it('names what it cannot judge as uncertain', async () => {
  const world = await createEndsWorld(4);
  await show(world, 11, 'Zoë');
  await world.train();
  const { snapshot } = (await readManifest(world.bucket, 'birds', 1, keys.verifier))!;
  await world.bucket.delete(snapshotKey(dataset, snapshot));
  expect(await eraseSubject(world.whole, 'Zoë')).toMatchObject({
    versions: [{ head: 'birds', version: 1, certain: false }],
  });
});

it('erases wherever it stopped, once it is asked again or an alarm comes', async () => {
  for (const death of deaths)
    for (let at = 1; ; at++) {
      const world = await createEndsWorld(4);
      const digest = await show(world, 11, 'Zoë');
      await world.train();
      const store = world.again(at, death);
      await untilDeath(eraseSubject(world.whole, 'Zoë'), store);
      world.again();
      await eraseSubject(world.whole, 'Zoë');
      expect(await codedDigests(world), `${death} ${at}`).not.toContain(digest);
      await expectImagesMatchRows(world);
      expect(world.parts.index.find(digest)).toBeNull();
      if (store.calls < at) break;
    }
});
