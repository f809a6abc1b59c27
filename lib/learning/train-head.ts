// From a training's request and its codes to a head's file and all that a manifest says of it. Trainer and control
// Worker both call this, so the same request gives the same bytes in either.

import type { TrainRequest, TrainResult } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { Head } from '../heads/index.ts';
import type { Linalg } from '../linalg/index.ts';
import type { Split } from './arrange.ts';
import { headFile } from './head-file.ts';
import { fitOpenSet } from './open-set.ts';
import { type RunOptions, runSteps } from './run-steps.ts';
import { type LinearResult, trainLinear } from './train-linear.ts';
import type { LinearStart } from './training-settings.ts';

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
    backbone: request.backbone.digest,
  };
  const { blob, facts } = await headFile(head, set, request.seed);
  const result: TrainResult = {
    ...facts,
    strength: trained.strength,
    confidence: trained.confidence,
    hyperParameters: hyperParameters(trained, request.start?.strengthChosenAt ?? set.labels.length),
    report: { ...trained.report, openSet: report },
    strategy: 'linear',
    codeSpace: request.codeSpace,
    codeSpaceDocument: request.codeSpaceDocument,
    tail: null,
  };
  return { blob, result };
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
