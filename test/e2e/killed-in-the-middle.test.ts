// An acknowledged example is never lost: SIGKILL to everything in the middle of a hundred uploads, again and
// again, at moments that a printed seed repeats.

import { expect, it } from 'vitest';
import { examplesPrefix } from '../../lib/contract/index.ts';
import { listAll } from '../../lib/storage/index.ts';
import type { Api } from '../../scripts/demo/api.ts';
import type { Digit } from '../../scripts/demo/digits.ts';
import { inParallel } from '../../scripts/demo/in-parallel.ts';
import { full, useInstance } from '../support/instance.ts';
import {
  announcedSeed,
  clients,
  datasetOf,
  digits,
  exampleOf,
  seeded,
  sleep,
  train,
} from '../support/steps.ts';

const rounds = full ? 20 : 1;
const uploads = 100;
const classes = ['0', '1', '4', '7'];
/** Longer than one upload takes, so that the moment falls anywhere within one. */
const momentMs = 150;

const hw = useInstance();
const random = seeded(announcedSeed());

interface Acknowledged extends Digit {
  digest: string;
}

/** Uploads until everything is killed; answers what was acknowledged before. */
async function uploadUntilKilled(api: Api, dataset: string, images: Digit[]): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  const killAfter = 5 + Math.floor(random() * (uploads - 15));
  const moment = random() * momentMs;
  let killed: Promise<void> | undefined;
  await inParallel(images, clients, async (image) => {
    if (killed) return;
    try {
      const { digest } = await api.teach(dataset, image.label, image.png);
      acknowledged.push({ ...image, digest });
    } catch (error) {
      if (!killed) throw error;
    }
    if (acknowledged.length === killAfter) killed ??= sleep(moment).then(() => hw.kill());
  });
  await killed;
  return acknowledged;
}

async function storedDigests(dataset: string): Promise<string[]> {
  const digests: string[] = [];
  for await (const { key } of listAll(hw.store, examplesPrefix(dataset)))
    digests.push(key.split('/').at(-1)!.split('.')[0]!);
  return digests.sort();
}

it.each(Array.from({ length: rounds }, (_, i) => i + 1))(
  'every acknowledged example is there with its code after a SIGKILL in the middle of 100 uploads (%i)',
  async (round) => {
    const dataset = `round-${round}`;
    // One of each class in turn, so that however early the moment, there are two labels to train on.
    const perClass = uploads / classes.length;
    const images = Array.from({ length: perClass }, (_, i) =>
      digits(classes, round * perClass + i, 1),
    ).flat();
    const acknowledged = await uploadUntilKilled(hw.api, dataset, images);
    expect(acknowledged.length).toBeLessThan(uploads);
    await hw.start();
    const { api } = hw;

    await inParallel(acknowledged, clients, async ({ label, digest, png }) =>
      expect(await exampleOf(api, dataset, label, digest), `${label}/${digest}`).toEqual(png),
    );
    const indexed = (await datasetOf(api, dataset)).examples;
    expect(indexed).toBeGreaterThanOrEqual(acknowledged.length);

    // Codes are asked of the trainer if any is missing, so that none was asked for proves that all were there.
    const trained = await train(api, dataset, dataset);
    expect(trained).toMatchObject({ status: 'succeeded', version: 1 });
    expect(trained.report!.examples).toBe(indexed);
    expect(trained.stages).toHaveProperty('control.train');
    expect(hw.log('trainer')).not.toContain(`fill ${trained.id}`);

    // An upload that was cut off may have left its image: never less than the index has, and the index learns it.
    const stored = await storedDigests(dataset);
    const rebuilt = await api.json<{ examples: number; codes: number }>(
      'POST',
      `/v1/datasets/${dataset}/rebuild`,
    );
    expect(rebuilt).toEqual({ examples: stored.length, codes: indexed });
    expect((await datasetOf(api, dataset)).examples).toBe(stored.length);
    expect(stored.length).toBeLessThanOrEqual(acknowledged.length + clients);
    for (const { digest } of acknowledged) expect(stored).toContain(digest);
  },
);
