// From a tail's codes to a head's file: calibration and open set, fitted on what the published program gives, so that they
// are of the numbers that edges will see.

import type { TrainRequest } from '../../contract/index.ts';
import type { Head } from '../../heads/index.ts';
import { type HeadFacts, headFile } from '../head-file.ts';
import { fitOpenSet } from '../open-set.ts';
import type { OpenSetReport } from '../open-set-report.ts';
import type { CalibrationReport, Metrics } from '../report.ts';
import { runSteps } from '../run-steps.ts';
import { calibrateHeldOut } from './calibrate-held-out.ts';
import { type HeldOut, type LinearWeights, pick, score } from './held-out.ts';
import { partOf, type StrategyParts, type StrategyRun } from './parts.ts';
import { type SplitRows, unitsOf } from './split-rows.ts';

export interface TunedHead {
  blob: Uint8Array;
  facts: HeadFacts;
  confidence: 'calibrated' | 'uncalibrated';
  heldOut: HeldOut;
  metrics: Metrics;
  calibration: CalibrationReport;
  openSet: OpenSetReport;
}

/** @param codes of all examples of the set, [n, dims] */
export async function tunedHead(
  { weight, bias }: LinearWeights,
  { codes, dims }: { codes: Float32Array; dims: number },
  codeSpace: string,
  { kind, seed, backbone }: TrainRequest,
  { set, linalg }: StrategyParts,
  { heldOut }: SplitRows,
  run: StrategyRun,
): Promise<TunedHead> {
  const { labelNames, labels } = set;
  const units = unitsOf(set);
  const scored = score({ weight, bias }, pick({ codes, dims, labels }, heldOut));
  const unitsHeldOut = heldOut.map((i) => units[i]!);
  const {
    calibration,
    report,
    metrics,
    heldOut: figures,
  } = await calibrateHeldOut(scored, unitsHeldOut, kind, labelNames, seed, run);
  const mine = { ...set, codes, dims, groups: units };
  const { openSet, report: openSetReport } = await runSteps(
    fitOpenSet(mine, seed, linalg),
    partOf(run, 0, 1),
  );
  const head: Head = {
    kind,
    labels: labelNames,
    dims,
    weight,
    bias,
    calibration,
    ...(openSet && { openSet }),
    codeSpace,
    backbone: backbone.digest,
  };
  const { blob, facts } = await headFile(head, mine, seed);
  return {
    blob,
    facts,
    confidence: calibration.method === 'none' ? 'uncalibrated' : 'calibrated',
    heldOut: figures,
    metrics,
    calibration: report,
    openSet: openSetReport,
  };
}
