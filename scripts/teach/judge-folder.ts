// Photos that were kept from teaching, asked of the running head: how many it gets right, and what it takes for what.

import { readFileSync } from 'node:fs';
import type { Api, ClassifyResult } from '../demo/api.ts';
import { inParallel } from '../demo/in-parallel.ts';
import { clients, countAnswers, percent } from '../demo/main-job.ts';
import { confusionMatrix, progressBar } from '../demo/terminal.ts';
import type { PhotoFile } from './photo-folder.ts';

/** A matrix of more labels than this does not fit a terminal. */
export const maxMatrixLabels = 14;

/** Judges the photos; one that cannot be read is named and left out. */
export async function judgeFolder(
  api: Api,
  head: string,
  labels: string[],
  photos: PhotoFile[],
): Promise<void> {
  const bar = progressBar('classify unseen photos', photos.length);
  const failures: string[] = [];
  const answers = await inParallel(photos, clients, async ({ label, file }) => {
    const path = `/v1/heads/${encodeURIComponent(head)}/classify`;
    const response = await api.call('POST', path, readFileSync(file));
    const answer = (await response.json()) as ClassifyResult & { detail?: string };
    bar.advance();
    if (response.ok) return { label, answer: answer.predictions[0]!.label };
    failures.push(`${file}: ${answer.detail}`);
    return null;
  });
  bar.end();
  for (const failure of failures) console.log(`  not judged: ${failure}`);
  const judged = answers.filter((answer) => answer !== null);
  if (judged.length === 0) return;
  const known = [...new Set([...labels, ...judged.map(({ answer }) => answer)])];
  const { counts, right } = countAnswers(
    known,
    judged.map(({ label }) => label),
    judged.map(({ answer }) => ({ label: answer })),
  );
  if (known.length <= maxMatrixLabels) console.log(`\n${confusionMatrix(known, counts)}\n`);
  console.log(`  Accuracy on ${judged.length} photos it never saw: ${percent(right / judged.length)}\n`);
}
