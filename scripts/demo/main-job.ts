// The main job in front of the reader, over HTTP like anybody else: train a head, wait until the running Worker has
// picked it up, judge images. What is taught before, and what is said of the answers, is the caller's.

import type { TrainingData } from '../../lib/contract/index.ts';
import type { Api } from './api.ts';
import { inParallel } from './in-parallel.ts';
import { progressBar } from './terminal.ts';

/** Requests under way at once: enough to overlap storage with computing on two cores. */
export const clients = 4;

/** Trains `head` to the end. @throws Error with the sentence of a training that did not succeed */
export async function train(
  api: Api,
  head: string,
  dataset: string,
  more: object = {},
): Promise<TrainingData> {
  const bar = progressBar('train: cross-validated head', 100);
  let training = await api.train(head, dataset, more);
  while (training.status === 'queued' || training.status === 'running') {
    bar.update(100 * training.progress, training.note);
    await new Promise((resolve) => setTimeout(resolve, 100));
    training = await api.training(training.id);
  }
  if (training.status !== 'succeeded')
    throw new Error(
      `The training ended ${training.status}: ${training.error?.detail ?? training.reason ?? ''}`,
    );
  bar.end(`version ${training.version}, C = ${training.report!.strength}`);
  return training;
}

/** The edge looks for new versions every `refreshMs`; nothing is deployed. */
export async function waitForVersion(
  api: Api,
  head: string,
  version: number,
  probe: Uint8Array,
): Promise<void> {
  const began = Date.now();
  while ((await api.classify(head, probe)).version < version)
    await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(
    `  reload: the running Worker answers with version ${version} after ${Date.now() - began} ms, no deploy`,
  );
}

/** The first answer for each image, in order. */
export async function classify(
  api: Api,
  head: string,
  what: string,
  images: (() => Uint8Array)[],
): Promise<{ label: string; probability: number }[]> {
  const bar = progressBar(what, images.length);
  const answers = await inParallel(images, clients, async (read) => {
    const { predictions } = await api.classify(head, read());
    bar.advance();
    return predictions[0]!;
  });
  bar.end();
  return answers;
}

/** How often each label was answered for each: rows are the truth, both in `labels`' order. */
export function countAnswers(
  labels: string[],
  truth: string[],
  answers: { label: string }[],
): { counts: number[][]; right: number } {
  const counts = labels.map(() => labels.map(() => 0));
  for (const [i, label] of truth.entries())
    counts[labels.indexOf(label)]![labels.indexOf(answers[i]!.label)]! += 1;
  return { counts, right: truth.filter((label, i) => label === answers[i]!.label).length };
}

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
