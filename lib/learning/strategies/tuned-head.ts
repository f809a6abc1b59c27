// From a tail's codes to a head's file, with the open set that is fitted on them: what the published program gives, so that
// it is of the numbers that edges will see.

import type { TrainRequest } from '../../contract/index.ts';
import type { Calibration, Head } from '../../heads/index.ts';
import { type HeadFacts, headFile } from '../head-file.ts';
import { fitOpenSet } from '../open-set.ts';
import type { OpenSetReport } from '../open-set-report.ts';
import { runSteps } from '../run-steps.ts';
import type { LinearWeights } from './held-out.ts';
import { partOf, type StrategyParts, type StrategyRun } from './parts.ts';
import { unitsOf } from './split-rows.ts';

export interface TunedHead {
  blob: Uint8Array;
  facts: HeadFacts;
  openSet: OpenSetReport;
}

/** @param codes of all examples of the set, [n, dims] */
export async function tunedHead(
  { weight, bias }: LinearWeights,
  { codes, dims }: { codes: Float32Array; dims: number },
  calibration: Calibration,
  codeSpace: string,
  { kind, seed, backbone }: TrainRequest,
  { set, linalg }: StrategyParts,
  run: StrategyRun,
): Promise<TunedHead> {
  const mine = { ...set, codes, dims, groups: unitsOf(set) };
  const { openSet, report } = await runSteps(fitOpenSet(mine, seed, linalg), partOf(run, 0, 1));
  const head: Head = {
    kind,
    labels: set.labelNames,
    dims,
    weight,
    bias,
    calibration,
    ...(openSet && { openSet }),
    codeSpace,
    backbone: backbone.digest,
  };
  return { ...(await headFile(head, mine, seed)), openSet: report };
}
