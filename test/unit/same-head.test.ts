// One head, wherever it is trained: the trainer and the control Worker call the same function on the same kernels.

import { expect, it } from 'vitest';
import { createLocalTrainer } from '../../functions/control/coordinator/local-trainer.ts';
import { freezeSynthetic } from '../../functions/control/coordinator/testing/frozen.ts';
import { createTurn } from '../../functions/control/coordinator/turn.ts';
import { runOf, trainLinearly } from '../../functions/trainer/train.ts';
import type { TrainerLine } from '../../lib/contract/index.ts';
import { createLinalg } from '../../lib/linalg/index.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { buildKernels } from '../../scripts/build-kernels.ts';

it('is the same, with its report, from the trainer and from control', async () => {
  await buildKernels();
  const store = memoryStore();
  const request = await freezeSynthetic(store, { n: 120, dims: 64, classes: 3 });
  const { signal } = new AbortController();
  const told: TrainerLine[] = [];
  const tell = (line: TrainerLine) => told.push(line);
  const run = runOf(tell, 'train', signal);
  await trainLinearly(request, { store, linalg: await loadLinalg() }, tell, run);
  const here: TrainerLine[] = [];
  const local = createLocalTrainer({ store, linalg: createLinalg(), turn: createTurn() });
  for await (const line of local.lines('/v1/jobs', request, signal)) here.push(line);
  const results = [told, here].map((lines) => lines.find((line) => line.type === 'trained')!.result);
  expect(results[1]).toEqual(results[0]);
});
