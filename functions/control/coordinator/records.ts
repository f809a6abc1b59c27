// Job records: what a training is, under jobs/ in the bucket. Written when it is asked for, so that a listing shows
// it, and again when it has ended; whatever fails is tried again by the next upkeep.

import { type Job, JobSchema, jobKey, parseTrainingId } from '../../../lib/contract/index.ts';
import { isOver } from '../../../lib/jobs/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { fromJson, toJson } from '../../../lib/tensors/index.ts';
import type { Journal } from './journal.ts';
import { serially } from './serially.ts';

/** Ended jobs that stay in the journal; older ones are read from the bucket. */
export const keptJobs = 50;

export function createRecorder(store: ObjectStore, journal: Journal, dataset: string) {
  /** One after the other: a record that was begun earlier must not overwrite a later one. */
  const oneAtATime = serially();

  /** Stores how a job stands now. */
  const record = (id: string): Promise<void> =>
    oneAtATime(async () => {
      const job = journal.job(id);
      if (!job) return;
      try {
        const bytes = toJson(JobSchema.parse(job));
        await store.put(jobKey(dataset, parseTrainingId(id).ulid), bytes, {
          contentType: 'application/json',
        });
        journal.markRecorded(id, isOver(job));
        journal.forgetJobs(keptJobs);
      } catch (error) {
        console.warn(`job ${id}: its record could not be written yet:`, String(error));
      }
    });

  const leftOvers = async (): Promise<void> => {
    for (const { id } of journal.unrecordedJobs()) await record(id);
  };

  return { record, leftOvers };
}

/** A job as the bucket knows it, or null. */
export async function readRecord(store: ObjectStore, dataset: string, id: string): Promise<Job | null> {
  const object = await store.get(jobKey(dataset, parseTrainingId(id).ulid));
  const job = object && JobSchema.parse(fromJson(object.body));
  return job?.id === id ? job : null;
}
