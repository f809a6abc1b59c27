// From a training's request and its codes to a head's file and all that a manifest says of it. Trainer and control
// Worker both call this, so the same request gives the same bytes in either.

import type { TrainRequest, TrainResult } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { goldens, type Head, temperatureOf, writeHead } from '../heads/index.ts';
import type { Linalg } from '../linalg/index.ts';
import { sha256 } from '../tensors/index.ts';
import type { Split } from './arrange.ts';
import { type RunOptions, trainLinear } from './train-linear.ts';

/** Codes that go along with a head as its proof. */
const goldenCount = 3;

/** What a snapshot holds, as arrays: row i of `codes` [n, dims] is the image `digests[i]`. */
export interface LabelledCodes {
  codes: Float32Array;
  dims: number;
  labels: Int32Array;
  labelNames: string[];
  groups: (string | null)[];
  split: Split[];
  digests: string[];
}

export interface TrainedHead {
  /** The head's file. */
  blob: Uint8Array;
  result: TrainResult;
}

/**
 * Trains the head that `request` asks for.
 *
 * @param start the head that `request.start` names; null for a training from zero.
 * @throws HeadwaterError `too-few-examples`, `bad-request`, or `cancelled` by the signal
 */
export async function trainHead(
  request: TrainRequest,
  set: LabelledCodes,
  start: Head | null,
  linalg: Linalg,
  run: RunOptions = {},
): Promise<TrainedHead> {
  if (request.kind !== 'softmax')
    throw new HeadwaterError('bad-request', `This trainer trains no "${request.kind}".`);
  void start;
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
    run,
  );
  const head: Head = {
    kind: trained.kind,
    labels: trained.labels,
    dims: trained.dims,
    weight: trained.weight,
    bias: trained.bias,
    calibration: { method: 'none' },
    codeSpace: request.codeSpace,
    backbone: request.backboneDigest,
  };
  const blob = writeHead(head);
  const proofs = Array.from({ length: Math.min(goldenCount, set.digests.length) }, (_, i) =>
    set.codes.slice(i * set.dims, (i + 1) * set.dims),
  );
  const result: TrainResult = {
    blob: { digest: await sha256(blob), bytes: blob.length },
    labels: head.labels,
    dims: head.dims,
    strength: trained.strength,
    temperature: temperatureOf(head.calibration),
    calibration: head.calibration.method,
    confidence: 'uncalibrated',
    openSet: null,
    hyperParameters: {
      solver: 'lbfgs',
      penalty: 'l2',
      standardised: true,
      iterations: trained.report.iterations,
    },
    report: { ...trained.report },
    goldens: goldens(head, proofs),
  };
  return { blob, result };
}
