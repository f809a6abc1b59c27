import { beforeEach, describe, expect, it } from 'vitest';
import {
  codeSpaceDigest,
  type HeadTarget,
  headKey,
  jobKey,
  parseTrainingId,
  trainingId,
} from '../../../lib/contract/index.ts';
import { requireHead } from '../../../lib/registry/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { memoryStore } from '../../../lib/storage/index.ts';
import { createParts } from './testing/parts-node.ts';
import { beginTraining, describeTraining, maxLabels } from './trainings.ts';

const { backbone, codeSpaceDocument } = manifestOf('birds', 1);
const target: HeadTarget = { backbone, taps: codeSpaceDocument.taps, codeSpace: codeSpaceDocument };
const request = { dataset: 'ds', strategy: 'linear' as const };
const labels = { a: 1, b: 1 };
let store: ReturnType<typeof memoryStore>;
beforeEach(() => {
  store = memoryStore();
});

describe('asking for a training', () => {
  it('claims a new head for its dataset, and makes a queued job of what was asked', async () => {
    const job = await beginTraining('birds', { ...request, seed: 7 }, target, labels, store);
    expect(job).toMatchObject({ head: 'birds', dataset: 'ds', seed: 7, status: 'queued', backbone });
    expect(job.codeSpace).toBe(await codeSpaceDigest(codeSpaceDocument));
    expect(parseTrainingId(job.id).dataset).toBe('ds');
    const head = await requireHead(store, 'birds');
    expect(head).toMatchObject({ dataset: 'ds', kind: 'softmax', backbone, taps: target.taps });
    await beginTraining('birds', { ...request, kind: 'softmax' }, target, labels, store);
    expect(await requireHead(store, 'birds')).toEqual(head);
  });

  it('is refused without two labels, and claims nothing then', async () => {
    for (const few of [{}, { a: 5 }] as Record<string, number>[])
      await expect(beginTraining('birds', request, target, few, store)).rejects.toMatchObject({
        type: 'too-few-examples',
      });
    expect(await store.head(headKey('birds'))).toBeNull();
  });

  it('is refused beyond the labels that a job can carry, and claims nothing then', async () => {
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`label ${i}`, 1]));
    await expect(beginTraining('birds', request, target, many(maxLabels + 1), store)).rejects.toMatchObject({
      type: 'too-many-labels',
    });
    expect(await store.head(headKey('birds'))).toBeNull();
    expect(await beginTraining('birds', request, target, many(maxLabels), store)).toMatchObject({
      head: 'birds',
    });
  });

  it('is refused for a head of another dataset, backbone or tap, naming what it was made with', async () => {
    await beginTraining('birds', request, target, labels, store);
    await expect(
      beginTraining('birds', { ...request, dataset: 'other' }, target, labels, store),
    ).rejects.toMatchObject({ type: 'head-bound-elsewhere', facts: { dataset: 'ds' } });
    const others: HeadTarget[] = [
      { ...target, backbone: { name: 'other', digest: 'f'.repeat(64) } },
      { ...target, taps: [{ op: 'elsewhere', pooling: 'avg', pre: false }] },
    ];
    for (const other of others)
      await expect(beginTraining('birds', request, other, labels, store)).rejects.toMatchObject({
        type: 'conflict',
        message: expect.stringMatching(/backbone "net"|tap "relu"/),
      });
  });
});

describe('telling of a training', () => {
  it('says that there is none, under an unknown id or a record of another', async () => {
    const { journal } = createParts();
    const id = trainingId('ds', '01ARZ3NDEKTSV4RRFFQ69G5FAV');
    await expect(describeTraining('ds', id, journal, store)).rejects.toMatchObject({ type: 'not-found' });
    const job = await beginTraining('birds', request, target, labels, store);
    const key = jobKey('ds', parseTrainingId(id).ulid);
    await store.put(key, new TextEncoder().encode(JSON.stringify(job)));
    await expect(describeTraining('ds', id, journal, store)).rejects.toMatchObject({ type: 'not-found' });
  });

  it('tells no version before the job has ended', async () => {
    const { journal } = createParts();
    const job = await beginTraining('birds', request, target, labels, store);
    journal.saveJob({ ...job, status: 'running', phase: 'committing', version: 3 });
    expect(await describeTraining('ds', job.id, journal, store)).not.toHaveProperty('version');
  });
});
