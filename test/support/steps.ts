// What the end-to-end tests do to an instance, in the words of their promises. Every wait has an end.

import type { TrainingData } from '../../lib/contract/index.ts';
import { createRng } from '../../lib/linalg/index.ts';
import type { Api, ClassifyResult } from '../../scripts/demo/api.ts';
import { type Digit, readDigits } from '../../scripts/demo/digits.ts';
import { inParallel } from '../../scripts/demo/in-parallel.ts';

/** A training of a few dozen codes takes about a second; a lease that has to run out first, 30 s. */
const trainingMs = 90_000;
const pollMs = 50;
/** Uploads under way at once: enough to overlap storage with computing on two cores. */
export const clients = 4;

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Digits of some classes, `perClass` of each, from the `from`-th on: other numbers, other images. */
export function digits(labels: string[], from: number, perClass: number): Digit[] {
  return readDigits(from, perClass).filter(({ label }) => labels.includes(label));
}

/** Asks until the answer is something, and says what it waited for if it never is. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`Not within ${timeoutMs / 1000} s: ${what}.`);
    await sleep(pollMs);
  }
}

export const teachAll = (api: Api, dataset: string, images: Digit[]) =>
  inParallel(images, clients, ({ label, png }) => api.teach(dataset, label, png));

export const isOver = ({ status }: TrainingData) => !['waiting', 'queued', 'running'].includes(status);

export const untilOver = (api: Api, id: string, timeoutMs = trainingMs): Promise<TrainingData> =>
  until(
    `the training ${id} ends`,
    async () => {
      const training = await api.training(id);
      return isOver(training) && training;
    },
    timeoutMs,
  );

/** Waits until the trainer has been asked, or the training is over already. */
export const untilTraining = (api: Api, id: string): Promise<TrainingData> =>
  until(`the training ${id} is with the trainer`, async () => {
    const training = await api.training(id);
    return (training.phase === 'training' || isOver(training)) && training;
  });

/** Trains to the end, whichever it is. */
export async function train(api: Api, head: string, dataset: string, more = {}): Promise<TrainingData> {
  return untilOver(api, (await api.train(head, dataset, more)).id);
}

/** Classifies until this version answers. */
export const untilVersion = (
  api: Api,
  head: string,
  version: number,
  png: Uint8Array,
): Promise<ClassifyResult> =>
  until(`"${head}" answers with version ${version}`, async () => {
    const answer = await api.classify(head, png);
    return answer.version === version && answer;
  });

export interface Channels {
  sequence: number;
  stable: number | null;
  pin: { version: number; reason: string } | null;
}

export interface Versions {
  versions: { version: number; labels: string[]; snapshot: string; blob: string }[];
  channels: Channels;
}

export const versionsOf = (api: Api, head: string) => api.json<Versions>('GET', `/v1/heads/${head}/versions`);

export const rollBack = (api: Api, head: string, request: { version?: number; reason?: string } = {}) =>
  api.json<Channels>('POST', `/v1/heads/${head}/rollback`, request);

export const promote = (api: Api, head: string, version: number) =>
  api.json<Channels>('POST', `/v1/heads/${head}/promote`, { version });

export interface Dataset {
  labels: Record<string, number>;
  examples: number;
  heldOut: number;
}

export const datasetOf = (api: Api, dataset: string) => api.json<Dataset>('GET', `/v1/datasets/${dataset}`);

/** An example's bytes, or null if it is not there. */
export async function exampleOf(
  api: Api,
  dataset: string,
  label: string,
  digest: string,
): Promise<Buffer | null> {
  const response = await api.call('GET', `/v1/datasets/${dataset}/examples/${label}/${digest}`);
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`GET example: ${response.status} ${body}`);
  return body;
}

/** Status and problem type of a call that is expected to be refused. */
export async function refusal(response: Response): Promise<{ status: number; type: string; detail: string }> {
  const { type, detail } = (await response.json()) as { type: string; detail: string };
  return { status: response.status, type: String(type).replace('/problems/', ''), detail };
}

/** Numbers in [0, 1) that a seed repeats. */
export const seeded = (seed: number): (() => number) => createRng(seed).uniform;

/** The seed of a test file's random moments: printed, and repeated with HEADWATER_SEED. */
export function announcedSeed(): number {
  const seed = Number(process.env.HEADWATER_SEED || Date.now() % 1_000_000);
  console.log(`random moments from HEADWATER_SEED=${seed}`);
  return seed;
}
