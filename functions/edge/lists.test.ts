// Lists over HTTP: pages, cursors, filters, and rows that cannot be read.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  channelsKey,
  datasetKey,
  headKey,
  type Job,
  jobKey,
  trainingId,
  versionKey,
} from '../../lib/contract/index.ts';
import { newJob } from '../../lib/jobs/index.ts';
import {
  at,
  channelsOf,
  manifestOf,
  putChannels,
  putManifest,
  testKeys,
} from '../../lib/registry/testing.ts';
import { memoryStore, type ObjectStore } from '../../lib/storage/index.ts';
import { toJson } from '../../lib/tensors/index.ts';

const services = vi.hoisted(() => ({ current: {} as Record<string, unknown> }));
vi.mock('./services.ts', () => ({ servicesOf: async () => services.current }));
// Who may call is shown elsewhere.
vi.mock('./auth.ts', async (original) => ({
  ...(await original<object>()),
  requireScope: () => async (c: { set(name: string, value: unknown): void }, next: () => Promise<void>) => {
    c.set('services', services.current);
    await next();
  },
}));
const { default: app } = await import('./worker.ts');

const keys = await testKeys();
let store: ObjectStore;
const control = { training: vi.fn(), examples: vi.fn() };
beforeEach(() => {
  store = memoryStore();
  services.current = { store, verifier: keys.verifier, control };
});

const broken = new Uint8Array([1]);

async function get(path: string) {
  const response = await app.request(path);
  return { status: response.status, body: await response.json() };
}

/** All rows of a list, page by page. */
async function walk(path: string, rows: string): Promise<Record<string, unknown>[]> {
  const seen = [];
  let cursor = '';
  do {
    const { status, body } = await get(`${path}${path.includes('?') ? '&' : '?'}${cursor}`);
    expect(status).toBe(200);
    seen.push(...body[rows]);
    cursor = body.cursor === undefined ? '' : `cursor=${body.cursor}`;
  } while (cursor);
  return seen;
}

function headDocument(head: string) {
  const { strategy, kind, backbone, codeSpaceDocument } = manifestOf(head, 1);
  return {
    format: 1,
    head,
    dataset: 'ds',
    strategy,
    kind,
    backbone,
    taps: codeSpaceDocument.taps,
    policy: { promote: 'stable' },
    created: at,
  };
}

const jobOf = (ulid: string, changes: Partial<Job> = {}): Job => {
  const { backbone, codeSpace, codeSpaceDocument } = manifestOf('birds', 1);
  const dataset = changes.dataset ?? 'ds';
  const id = trainingId(dataset, ulid);
  const head = changes.head ?? 'birds';
  const job = newJob({ id, head, dataset, seed: 0, backbone, codeSpace, codeSpaceDocument }, 1000);
  return { ...job, status: 'failed', ended: 2000, ...changes };
};
const ulids = ['01ARZ3NDEKTSV4RRFFQ69G5FA0', '01ARZ3NDEKTSV4RRFFQ69G5FA1', '01ARZ3NDEKTSV4RRFFQ69G5FA2'];
const putJob = (ulid: string, job: Job) => store.put(jobKey(job.dataset, ulid), toJson(job));

describe('heads', () => {
  it('are told with what answers, in pages', async () => {
    for (const head of ['owls', 'birds', 'new']) await store.put(headKey(head), toJson(headDocument(head)));
    for (const head of ['owls', 'birds']) await putChannels(store, channelsOf(head, 1, 4), keys);
    const rows = await walk('/v1/heads?limit=1', 'heads');
    expect(rows.map(({ head, stable }) => [head, stable])).toEqual([
      ['birds', 4],
      ['new', null],
      ['owls', 4],
    ]);
    expect(rows[0]).toEqual({
      head: 'birds',
      dataset: 'ds',
      strategy: 'linear',
      kind: 'softmax',
      backbone: manifestOf('birds', 1).backbone,
      created: at,
      stable: 4,
    });
  });

  it('that are damaged are told as such, and those being deleted are not there', async () => {
    await store.put(headKey('birds'), toJson(headDocument('birds')));
    await store.put(channelsKey('birds'), broken);
    await store.put(headKey('owls'), broken);
    await store.put('heads/left/blobs/x', broken);
    const { heads } = (await get('/v1/heads')).body;
    expect(heads).toMatchObject([
      { head: 'birds', error: { type: 'bad-signature' } },
      { head: 'owls', error: { type: 'head-refused' } },
    ]);
  });
});

describe('datasets', () => {
  it('are told in pages, with what is damaged', async () => {
    for (const dataset of ['b', 'a', 'a.json'])
      await store.put(datasetKey(dataset), toJson({ format: 1, dataset, created: at }));
    await store.put(datasetKey('c'), broken);
    await store.put('datasets/no name/x', broken);
    const rows = await walk('/v1/datasets?limit=1', 'datasets');
    expect(rows).toMatchObject([
      { dataset: 'a' },
      { dataset: 'a.json' },
      { dataset: 'b', heldOutFraction: 0.2, created: at },
      { dataset: 'c', error: { type: 'invalid-file' } },
    ]);
  });
});

describe('trainings', () => {
  it('are told dataset by dataset, the newest of each first', async () => {
    for (const dataset of ['ds', 'other'])
      for (const ulid of ulids) await putJob(ulid, jobOf(ulid, { dataset }));
    await store.put(`jobs/ds/${ulids[0]}/checkpoint-1.safetensors`, broken);
    const expected = ['ds', 'other'].flatMap((ds) =>
      [...ulids].reverse().map((ulid) => trainingId(ds, ulid)),
    );
    for (const limit of [1, 2, 4, 100]) {
      const rows = await walk(`/v1/trainings?limit=${limit}`, 'trainings');
      expect(rows.map(({ id }) => id)).toEqual(expected);
    }
    expect(await walk('/v1/trainings?limit=2&dataset=other', 'trainings')).toHaveLength(3);
  });

  it('of one head are told wherever they were; a head is looked for where it is bound', async () => {
    await store.put(headKey('owls'), toJson(headDocument('owls')));
    for (const [i, ulid] of ulids.entries())
      await putJob(ulid, jobOf(ulid, { head: i === 1 ? 'owls' : 'birds' }));
    await putJob(ulids[0]!, jobOf(ulids[0]!, { dataset: 'other' }));
    const owls = await walk('/v1/trainings?head=owls&limit=1', 'trainings');
    expect(owls.map(({ id }) => id)).toEqual([trainingId('ds', ulids[1]!)]);
    expect(await walk('/v1/trainings?head=birds&limit=1', 'trainings')).toHaveLength(3);
  });

  it('are told, and walked through, past what somebody else has put beside their records', async () => {
    for (const ulid of ulids) await putJob(ulid, jobOf(ulid));
    for (const leaf of ['f'.repeat(64), '0'.repeat(64), 'notes']) await store.put(jobKey('ds', leaf), broken);
    const rows = await walk('/v1/trainings?limit=1', 'trainings');
    expect(rows.map(({ id }) => id)).toEqual(ulids.toReversed().map((ulid) => trainingId('ds', ulid)));
  });

  it('that are not over are told as they stand now, and those that are over as they ended', async () => {
    await putJob(ulids[0]!, jobOf(ulids[0]!, { status: 'succeeded', version: 3 }));
    await putJob(ulids[1]!, jobOf(ulids[1]!, { status: 'queued', ended: null }));
    await store.put(jobKey('ds', ulids[2]!), broken);
    control.training.mockReset().mockImplementation(async (id: string) => ({
      ok: true,
      value: {
        id,
        head: 'birds',
        dataset: 'ds',
        status: 'running',
        phase: 'codes',
        progress: 0.5,
        stages: {},
      },
    }));
    const { trainings } = (await get('/v1/trainings')).body;
    expect(trainings).toMatchObject([
      { id: trainingId('ds', ulids[2]!), error: { type: 'invalid-file' } },
      { status: 'running', progress: 0.5, created: '1970-01-01T00:00:01.000Z', ended: null },
      { status: 'succeeded', version: 3, ended: '1970-01-01T00:00:02.000Z' },
    ]);
    expect(control.training.mock.calls).toEqual([[trainingId('ds', ulids[1]!)]]);
  });
});

describe('examples', () => {
  it('are told with a cursor while there are more', async () => {
    const row = {
      digest: '1'.repeat(64),
      label: 'a',
      extension: 'png',
      bytes: 1,
      group: null,
      subject: 'Zoë',
    };
    const rows = [{ ...row, split: 'train', uploaded: 1000 }];
    control.examples.mockReset().mockResolvedValueOnce({ ok: true, value: { rows, more: true } });
    const { examples, cursor } = (await get('/v1/datasets/ds/examples?limit=1&label=a&subject=Zo%C3%AB'))
      .body;
    const { extension, ...shown } = row;
    expect(examples).toEqual([{ ...shown, split: 'train', uploaded: '1970-01-01T00:00:01.000Z' }]);
    control.examples.mockResolvedValueOnce({ ok: true, value: { rows: [], more: false } });
    expect((await get(`/v1/datasets/ds/examples?cursor=${cursor}`)).body).toEqual({ examples: [] });
    expect(control.examples.mock.calls).toEqual([
      ['ds', { limit: 1, label: 'a', subject: 'Zoë' }],
      ['ds', { limit: 100, cursor: row.digest }],
    ]);
  });
});

describe('versions', () => {
  it('are told latest first, in pages, and one that cannot be read does not hide the others', async () => {
    await store.put(headKey('birds'), toJson(headDocument('birds')));
    for (const version of [1, 2, 3]) await putManifest(store, manifestOf('birds', version), keys);
    await putChannels(store, channelsOf('birds', 1, 3), keys);
    await store.put(versionKey('birds', 2), broken);
    const rows = await walk('/v1/heads/birds/versions?limit=1', 'versions');
    expect(rows).toMatchObject([
      { version: 3, labels: ['a', 'b'] },
      { version: 2, error: { type: 'bad-signature' } },
      { version: 1 },
    ]);
    expect((await get('/v1/heads/birds/versions')).body).toMatchObject({
      head: 'birds',
      channels: { stable: 3 },
    });
  });
});

describe('a list', () => {
  it.each(['heads', 'datasets', 'trainings', 'datasets/ds/examples', 'heads/birds/versions'])(
    '%s refuses a cursor that is none of its own, and limits beyond its bounds',
    async (path) => {
      await store.put(headKey('birds'), toJson(headDocument('birds')));
      for (const query of [
        'cursor=x',
        'cursor=',
        `cursor=${btoa('["nothing","x"]')}`,
        'limit=0',
        'limit=1001',
      ])
        expect(await get(`/v1/${path}?${query}`)).toMatchObject({
          status: 400,
          body: { type: '/problems/bad-request' },
        });
    },
  );
});
