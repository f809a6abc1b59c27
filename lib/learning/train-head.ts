// From a training's request and its codes to a head's file and all that a manifest says of it. Trainer and control
// Worker both call this, so the same request gives the same bytes in either.

import type { TrainRequest, TrainResult } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { goldens, type Head, temperatureOf, writeHead } from '../heads/index.ts';
import { createRng, type Linalg } from '../linalg/index.ts';
import { sha256 } from '../tensors/index.ts';
import type { Split } from './arrange.ts';
import { fitOpenSet } from './open-set.ts';
import { type RunOptions, runSteps } from './run-steps.ts';
import { type LinearResult, trainLinear } from './train-linear.ts';
import type { LinearStart } from './training-settings.ts';

/** Codes that go along with a head as its proof. */
const goldenCount = 3;
/** Share of the progress bar that the open set takes, after the classifier. */
const openSetShare = 0.3;

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
  const { options } = request;
  const linearStart = startOf(request, start);
  const groups = set.groups.map((group, i) => group ?? set.digests[i]!);
  const trained = await trainLinear(
    {
      codes: set.codes,
      labels: set.labels,
      labelNames: set.labelNames,
      groups,
      split: set.split,
      kind: request.kind,
      classWeights: options.classWeights,
      seed: request.seed,
      linalg,
      ...(options.strength !== null && { strength: options.strength }),
      ...(linearStart && { start: linearStart }),
    },
    partOf(run, 0, 1 - openSetShare),
  );
  const { openSet, report } = await runSteps(
    fitOpenSet({ ...set, groups }, request.seed, linalg),
    partOf(run, 1 - openSetShare, openSetShare),
  );
  const head: Head = {
    kind: trained.kind,
    labels: trained.labels,
    dims: trained.dims,
    weight: trained.weight,
    bias: trained.bias,
    calibration: trained.calibration,
    ...(openSet && { openSet }),
    codeSpace: request.codeSpace,
    backbone: request.backboneDigest,
  };
  const blob = writeHead(head);
  const result: TrainResult = {
    blob: { digest: await sha256(blob), bytes: blob.length },
    labels: head.labels,
    dims: head.dims,
    strength: trained.strength,
    temperature: temperatureOf(head.calibration),
    calibration: head.calibration.method,
    confidence: trained.confidence,
    openSet: openSet && { method: openSet.method, threshold: openSet.threshold },
    hyperParameters: hyperParameters(trained, request.start?.strengthChosenAt ?? set.labels.length),
    report: { ...trained.report, openSet: report },
    goldens: goldens(head, proofCodes(set, request.seed)),
  };
  return { blob, result };
}

/**
 * Codes for a head to prove itself on, each [dims]: the mean code with every number scaled at random, by 0 to 2. None is
 * an image's: manifests and records of trainings stay when an image is erased.
 */
function proofCodes({ codes, dims, digests }: LabelledCodes, seed: number): Float32Array[] {
  const sum = new Float64Array(dims);
  for (let at = 0; at < codes.length; at += dims) for (let k = 0; k < dims; k++) sum[k]! += codes[at + k]!;
  const rng = createRng(seed);
  const scaled = (total: number) => ((2 * total) / digests.length) * rng.uniform();
  return Array.from({ length: goldenCount }, () => Float32Array.from(sum, scaled));
}

/** The same run, its progress being a share of the whole. */
function partOf({ onProgress, ...run }: RunOptions, start: number, share: number): RunOptions {
  return { ...run, onProgress: (progress) => onProgress?.(start + share * progress) };
}

/** @throws HeadwaterError `bad-request` where request and start disagree. */
function startOf({ start, codeSpace }: TrainRequest, head: Head | null): LinearStart | undefined {
  if (!start && !head) return undefined;
  if (!start || !head)
    throw new HeadwaterError('bad-request', 'A warm start needs the head that it names. Start from zero.');
  if (head.codeSpace !== codeSpace)
    throw new HeadwaterError(
      'bad-request',
      'The head to start from belongs to another code space. Start from zero.',
    );
  return { head, strength: start.strength };
}

/**
 * What the solver was told. `strengthChosenAt` is the number of examples when the strength was chosen; warm starts
 * hand it on, so that whoever asks for the next one can see how far the data has grown since.
 */
function hyperParameters(
  { solver, report }: LinearResult,
  strengthChosenAt: number,
): TrainResult['hyperParameters'] {
  return {
    solver,
    penalty: 'l2',
    standardised: true,
    classWeights: report.classWeights,
    strengthChosenAt,
    iterations: report.iterations,
  };
}
