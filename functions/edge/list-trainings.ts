// Pages of trainings, from their records in the bucket: dataset by dataset, and within a dataset the newest first,
// because a training's id begins with its time. A training that is not over is asked for how it stands now.

import {
  type Job,
  JobSchema,
  jobKey,
  jobsPrefix,
  parseLeaf,
  type TrainingsPage,
  trainingCursor,
  trainingId,
} from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { isOver, taskOf } from '../../lib/jobs/index.ts';
import { readHeadDocument } from '../../lib/registry/index.ts';
import { listAll, type ObjectStore, several } from '../../lib/storage/index.ts';
import { fromJson } from '../../lib/tensors/index.ts';
import { datasetsWithTrainings, orError } from './lists.ts';
import type { Services } from './services.ts';

type Row = TrainingsPage['trainings'][number];
type Place = [dataset: string, ulid: string];

export interface TrainingsWanted {
  cursor?: Place | undefined;
  limit: number;
  dataset?: string | undefined;
  head?: string | undefined;
}

/** At most `limit` records are read for a page, so one that asks for a head may hold fewer and not be the last. */
export async function trainingsPage(
  services: Pick<Services, 'store' | 'control'>,
  wanted: TrainingsWanted,
): Promise<TrainingsPage> {
  const { store } = services;
  const { head, cursor, limit } = wanted;
  // A head that is there is bound to one dataset; one that has been deleted may have had trainings anywhere.
  const bound = head === undefined ? null : await orError(() => readHeadDocument(store, head));
  const dataset = wanted.dataset ?? (bound && 'dataset' in bound ? bound.dataset : undefined);
  const places: Place[] = [];
  let isMore = false;
  for await (const place of placesAfter(store, dataset, cursor)) {
    isMore = places.length === limit;
    if (isMore) break;
    places.push(place);
  }
  const rows = await several(places, (place) => rowAt(services, place));
  const trainings = rows.filter((row) => row !== null).filter((row) => isOf(row, head));
  return { trainings, ...(isMore && { cursor: trainingCursor.encode(places.at(-1)!) }) };
}

/** A record that cannot be read may be any head's. */
const isOf = (row: Row, head: string | undefined) =>
  head === undefined || !('head' in row) || row.head === head;

/** Where records lie, in the order of the list, after `cursor`. One listing for a thousand trainings of a dataset. */
async function* placesAfter(
  store: ObjectStore,
  only: string | undefined,
  cursor: Place | undefined,
): AsyncGenerator<Place> {
  const datasets = only === undefined ? datasetsWithTrainings(store, cursor?.[0]) : [only];
  for await (const dataset of datasets) {
    const ulids: string[] = [];
    for await (const { key } of listAll(store, jobsPrefix(dataset))) {
      const ulid = parseLeaf(key, jobsPrefix(dataset), '.json');
      const isTold = cursor?.[0] === dataset && ulid !== undefined && ulid >= cursor[1];
      if (ulid !== undefined && !isTold) ulids.push(ulid);
    }
    for (const ulid of ulids.reverse()) yield [dataset, ulid];
  }
}

async function rowAt(
  { store, control }: Pick<Services, 'store' | 'control'>,
  [dataset, ulid]: Place,
): Promise<Row | null> {
  const id = trainingId(dataset, ulid);
  const object = await store.get(jobKey(dataset, ulid));
  if (!object) return null;
  const job = await orError(async () => recordIn(object.body, id));
  if (!('id' in job)) return { id, dataset, error: job.error };
  const { status, phase, progress, error, reason } = job;
  const published = status === 'succeeded' || status === 'held' ? job.version : null;
  const row = {
    id,
    task: taskOf(job),
    head: job.head,
    dataset,
    status,
    phase,
    progress,
    ...(published !== null && { version: published }),
    ...(error && { error }),
    ...(reason && { reason }),
    created: new Date(job.created).toISOString(),
    ended: job.ended === null ? null : new Date(job.ended).toISOString(),
  };
  const now = isOver(job) ? null : await control.training(id);
  if (!now?.ok) return row;
  const { report, stages, ...live } = now.value;
  return { ...row, ...live };
}

function recordIn(body: Uint8Array, id: string): Job {
  try {
    const job = JobSchema.parse(fromJson(body));
    if (job.id === id) return job;
  } catch {
    // Falls through to the one error below.
  }
  throw new HeadwaterError('invalid-file', 'What is stored as this training is not its record.');
}
