// A training: snapshot and segments in, a blob and its report out. No image is read.

import { blobKey, type TrainerLine, type TrainRequest } from '../../lib/contract/index.ts';
import { readTrainingSet } from '../../lib/datasets/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { goldens, type Head, writeHead } from '../../lib/heads/index.ts';
import { trainLinear } from '../../lib/learning/index.ts';
import type { Linalg } from '../../lib/linalg/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { progressTeller } from './progress-teller.ts';

/** Codes that go along with a head as its proof. */
const goldenCount = 3;

export async function train(
  request: TrainRequest,
  { store, linalg }: { store: ObjectStore; linalg: Linalg },
  tell: (line: TrainerLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const stopwatch = createStopwatch();
  const set = await readTrainingSet(store, request.dataset, request.snapshot);
  stopwatch.lap('read');
  if (request.kind !== 'softmax')
    throw new HeadwaterError('bad-request', `This trainer trains no "${request.kind}".`);
  const trained = await trainLinear(
    {
      codes: set.codes,
      labels: set.labels,
      labelNames: set.labelNames,
      groups: set.groups.map((group, i) => group ?? set.digests[i]!),
      split: set.split,
      kind: request.kind,
      seed: request.seed,
      linalg,
    },
    {
      signal,
      onProgress: progressTeller(tell, 'train'),
      // Lets connections breathe between the solver's steps.
      pause: () => new Promise((resolve) => setImmediate(resolve)),
    },
  );
  stopwatch.lap('train');
  const head: Head = {
    kind: trained.kind,
    labels: trained.labels,
    dims: trained.dims,
    weight: trained.weight,
    bias: trained.bias,
    temperature: 1,
    codeSpace: request.codeSpace,
    backbone: request.backboneDigest,
  };
  const blob = writeHead(head);
  const digest = await sha256(blob);
  await store.put(blobKey(request.head, digest), blob);
  stopwatch.lap('upload');
  const proofs = Array.from({ length: Math.min(goldenCount, set.digests.length) }, (_, i) =>
    set.codes.slice(i * set.dims, (i + 1) * set.dims),
  );
  tell({
    type: 'trained',
    result: {
      blob: { digest, bytes: blob.length },
      labels: head.labels,
      dims: head.dims,
      strength: trained.strength,
      temperature: head.temperature,
      hyperParameters: {
        solver: 'lbfgs',
        penalty: 'l2',
        standardised: true,
        iterations: trained.report.iterations,
      },
      report: { ...trained.report },
      goldens: goldens(head, proofs),
    },
    stages: stopwatch.stages,
  });
}

/** Milliseconds between laps, by name. */
function createStopwatch() {
  const stages: Record<string, number> = {};
  let since = performance.now();
  return {
    stages,
    lap(name: string) {
      const now = performance.now();
      stages[name] = Math.round(now - since);
      since = now;
    },
  };
}
