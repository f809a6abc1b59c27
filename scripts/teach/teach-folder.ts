// `npm start -- --teach ./photos`: the main job on the reader's own photos, over HTTP like anybody else.

import { readFileSync } from 'node:fs';
import type { TrainingData } from '../../lib/contract/index.ts';
import type { Api } from '../demo/api.ts';
import { inParallel } from '../demo/in-parallel.ts';
import { classify, clients, countAnswers, percent, train, waitForVersion } from '../demo/main-job.ts';
import { confusionMatrix, progressBar } from '../demo/terminal.ts';
import type { PhotoFile, PhotoFolder } from './photo-folder.ts';

/** A matrix of more labels than this does not fit a terminal. */
const maxMatrixLabels = 14;
const shownFailures = 5;

export interface TeachOptions {
  /** Name of the head, and of the dataset. */
  head: string;
  backbone?: string;
  kind?: string;
}

/** Teaches, trains if anything is new, and judges what was kept back. */
export async function teachFolder(api: Api, folder: PhotoFolder, options: TeachOptions): Promise<void> {
  const { head, ...settings } = options;
  const { labels, taught, judged, ignored } = folder;
  console.log(`${taught.length} photos under ${labels.length} labels: ${summary(labels, taught)}`);
  if (ignored > 0) console.log(`${ignored} files that are neither JPEG, PNG nor WebP are left alone.`);
  const added = await teach(api, head, taught);
  if (added === 0 && (await api.head(head))?.channels?.stable)
    return console.log('\nAll of them were taught before, and the head is trained: nothing to do.\n');
  const trained = await train(api, head, head, settings);
  await waitForVersion(api, head, trained.version!, readFileSync(taught[0]!.file));
  reportTraining(trained);
  if (judged.length > 0) await judge(api, head, labels, judged);
}

/** How many photos were new. */
async function teach(api: Api, dataset: string, photos: PhotoFile[]): Promise<number> {
  const bar = progressBar('teach: photo → code → R2', photos.length);
  const failures: string[] = [];
  let added = 0;
  await inParallel(photos, clients, async ({ label, file }) => {
    const path = `/v1/datasets/${encodeURIComponent(dataset)}/examples/${encodeURIComponent(label)}`;
    const response = await api.call('PUT', path, readFileSync(file));
    const answer = (await response.json()) as { detail?: string; movedFrom?: string };
    if (!response.ok) failures.push(`${file}: ${answer.detail}`);
    if (response.status === 201 || answer.movedFrom) added++;
    bar.advance();
  });
  bar.end(added < photos.length ? `${added} new` : '');
  for (const failure of failures.slice(0, shownFailures)) console.log(`  not taught: ${failure}`);
  if (failures.length > shownFailures)
    console.log(`  … and ${failures.length - shownFailures} others that were not taught`);
  if (failures.length === photos.length) throw new Error('None of the photos could be taught.');
  return added;
}

function reportTraining({ report }: TrainingData): void {
  const { heldOut, outOfFold } = report!;
  if (heldOut)
    console.log(
      `\n  On ${heldOut.n} photos held out from a model of the others: ${percent(heldOut.accuracy)} right`,
    );
  if (outOfFold)
    console.log(`  By cross-validation on the other ${outOfFold.n}: ${percent(outOfFold.accuracy)} right`);
  const metrics = outOfFold ?? heldOut;
  const labels = metrics?.perClass.map(({ label }) => label) ?? [];
  if (metrics && labels.length <= maxMatrixLabels)
    console.log(`\n${confusionMatrix(labels, metrics.confusion)}\n`);
}

async function judge(api: Api, head: string, labels: string[], photos: PhotoFile[]): Promise<void> {
  const images = photos.map(
    ({ file }) =>
      () =>
        readFileSync(file) as Uint8Array,
  );
  const answers = await classify(api, head, 'classify unseen photos', images);
  const { counts, right } = countAnswers(
    labels,
    photos.map(({ label }) => label),
    answers,
  );
  if (labels.length <= maxMatrixLabels) console.log(`\n${confusionMatrix(labels, counts)}\n`);
  console.log(`  Accuracy on ${photos.length} photos it never saw: ${percent(right / photos.length)}\n`);
}

function summary(labels: string[], photos: PhotoFile[]): string {
  const counts = labels.map((label) => `${label} ${photos.filter((photo) => photo.label === label).length}`);
  return counts.length > 8 ? `${counts.slice(0, 8).join(', ')}, …` : counts.join(', ');
}
