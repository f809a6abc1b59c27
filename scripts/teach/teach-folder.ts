// `npm start -- --teach ./photos`: the main job on the reader's own photos, over HTTP like anybody else.

import { readFileSync } from 'node:fs';
import type { DatasetSummary, TrainingData } from '../../lib/contract/index.ts';
import type { Api } from '../demo/api.ts';
import { inParallel } from '../demo/in-parallel.ts';
import { clients, percent, train, waitForVersion } from '../demo/main-job.ts';
import { confusionMatrix, progressBar } from '../demo/terminal.ts';
import { judgeFolder, maxMatrixLabels } from './judge-folder.ts';
import type { PhotoFile, PhotoFolder } from './photo-folder.ts';

const shownFailures = 5;

export interface TeachOptions {
  /** Name of the head, and of the dataset. */
  head: string;
  backbone?: string;
  kind?: string;
}

/**
 * Teaches the folder, trains if the stable version has not seen all of it, and judges what was kept back.
 *
 * @returns a photo that was taught, to try the head with
 * @throws Error with a sentence, before anything is taught where the options do not fit
 */
export async function teachFolder(api: Api, folder: PhotoFolder, options: TeachOptions): Promise<PhotoFile> {
  const { head, ...settings } = options;
  await checkOptions(api, options);
  const { labels, taught: photos, judged, ignored } = folder;
  console.log(`${plural(photos.length, 'photo')} under ${labels.length} labels: ${summary(labels, photos)}`);
  if (ignored > 0) console.log(`${plural(ignored, 'file')} left alone: neither JPEG, PNG nor WebP.`);
  const { taught, added } = await teach(api, head, photos);
  if (added === 0 && (await isTrainedOnAll(api, head)))
    console.log(`\nNothing new: the head "${head}" has seen all ${taught.length} of them.\n`);
  else {
    const trained = await train(api, head, head, settings);
    await waitForVersion(api, head, trained.version!, readFileSync(taught[0]!.file));
    reportTraining(trained);
  }
  if (judged.length > 0) await judgeFolder(api, head, labels, judged);
  return taught[0]!;
}

/** A head keeps its kind and backbone, and a backbone has to be there: better said now than after an hour's upload. */
async function checkOptions(api: Api, { head, backbone, kind }: TeachOptions): Promise<void> {
  if (backbone) {
    const { backbones } = await api.json<{ backbones: { name: string }[] }>('GET', '/v1/backbones');
    if (!backbones.some(({ name }) => name === backbone))
      throw new Error(
        `There is no backbone "${backbone}". Those there are: ${backbones.map(({ name }) => name).join(', ')}.`,
      );
  }
  const there = await api.head(head);
  const differs =
    there &&
    ((kind && there.kind !== kind && `kind "${there.kind}"`) ||
      (backbone && there.backbone.name !== backbone && `the backbone "${there.backbone.name}"`));
  if (differs)
    throw new Error(
      `The head "${head}" was made with ${differs} and keeps it. Give another one a name of its own: --head "${head} 2".`,
    );
}

/** Which photos are in the dataset now, and how many of them were not before. */
async function teach(api: Api, dataset: string, photos: PhotoFile[]) {
  const bar = progressBar('teach: photo → code → R2', photos.length);
  const failures: string[] = [];
  let added = 0;
  const outcomes = await inParallel(photos, clients, async ({ label, file }) => {
    const path = `/v1/datasets/${encodeURIComponent(dataset)}/examples/${encodeURIComponent(label)}`;
    const response = await api.call('PUT', path, readFileSync(file));
    const answer = (await response.json()) as { detail?: string; movedFrom?: string };
    if (!response.ok) failures.push(`${file}: ${answer.detail}`);
    if (response.status === 201 || answer.movedFrom) added++;
    bar.advance();
    return response.ok;
  });
  bar.end(added < photos.length ? `${added} new` : '');
  for (const failure of failures.slice(0, shownFailures)) console.log(`  not taught: ${failure}`);
  if (failures.length > shownFailures)
    console.log(`  … and ${failures.length - shownFailures} more that could not be taught`);
  const taught = photos.filter((_, i) => outcomes[i]);
  if (taught.length === 0) throw new Error('None of the photos could be taught.');
  return { taught, added };
}

/** Whether the stable version saw as many images of each label as the dataset has now. */
async function isTrainedOnAll(api: Api, head: string): Promise<boolean> {
  const stable = (await api.head(head))?.channels?.stable;
  if (stable == null) return false;
  const at = encodeURIComponent(head);
  const { versions } = await api.json<{ versions: { version: number; report?: TrainingData['report'] }[] }>(
    'GET',
    `/v1/heads/${at}/versions`,
  );
  const seen = versions.find(({ version }) => version === stable)?.report?.labels ?? [];
  const { labels } = await api.json<DatasetSummary>('GET', `/v1/datasets/${at}`);
  return (
    seen.length === Object.keys(labels).length && seen.every(({ label, count }) => labels[label] === count)
  );
}

function reportTraining({ report }: TrainingData): void {
  const { heldOut, outOfFold } = report!;
  if (heldOut)
    console.log(
      `\n  Held out from a model of the others: ${percent(heldOut.accuracy)} of ${plural(heldOut.n, 'photo')} right`,
    );
  if (outOfFold)
    console.log(`  By cross-validation: ${percent(outOfFold.accuracy)} of ${outOfFold.n} others right`);
  const metrics = outOfFold ?? heldOut;
  const labels = metrics?.perClass.map(({ label }) => label) ?? [];
  if (metrics && labels.length <= maxMatrixLabels)
    console.log(
      `  ${outOfFold ? 'Of the cross-validation' : 'Of the held-out ones'}:\n\n${confusionMatrix(labels, metrics.confusion)}\n`,
    );
}

function summary(labels: string[], photos: PhotoFile[]): string {
  const counts = labels.map((label) => `${label} ${photos.filter((photo) => photo.label === label).length}`);
  return counts.length > 8 ? `${counts.slice(0, 8).join(', ')}, …` : counts.join(', ');
}

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
