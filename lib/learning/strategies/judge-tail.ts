// What held-out examples say of layers that were trained without them: the arithmetic to publish in, the calibration, and
// the figures of the report.

import type { TrainRequest } from '../../contract/index.ts';
import type { Calibration } from '../../heads/index.ts';
import type { ArithmeticKind } from '../../inference/index.ts';
import type { CalibrationReport, Metrics } from '../report.ts';
import { calibrateHeldOut } from './calibrate-held-out.ts';
import { type ArithmeticComparison, compareArithmetics } from './choose-program.ts';
import { type HeldOut, score } from './held-out.ts';
import { openMaps } from './open-maps.ts';
import { partOf, type StrategyParts, type StrategyRun } from './parts.ts';
import { prepareTail, type TrainedLayers } from './prepare-tail.ts';
import { type SplitRows, unitsOf } from './split-rows.ts';
import { tailCodes } from './tail-codes.ts';

export interface TailVerdict {
  arithmetic: ArithmeticKind;
  /** Integers beside float32; null where there was nothing to compare. */
  arithmetics: ArithmeticComparison | null;
  calibration: Calibration;
  calibrationReport: CalibrationReport;
  metrics: Metrics;
  heldOut: HeldOut;
}

export async function judgeTail(
  trained: TrainedLayers,
  request: TrainRequest,
  parts: StrategyParts,
  { train, heldOut }: SplitRows,
  run: StrategyRun = {},
): Promise<TailVerdict> {
  const { set, kernels } = parts;
  const { seed, kind, codeSpaceDocument: space } = request;
  const maps = await openMaps(trained.layers, space, parts);
  try {
    const measuring = partOf(run, 0, 0.5, 'measuring the trained layers');
    const { programs, head } = await prepareTail(trained, train, { seed, space }, parts, maps, measuring);
    const judging = partOf(run, 0.5, 0.5, 'judging the trained layers');
    const all = await tailCodes(programs, kernels, heldOut, maps.read, judging);
    const labels = Int32Array.from(heldOut, (i) => set.labels[i]!);
    const scored = all.map((codes) => score(head, { ...codes, labels }));
    const arithmetics = scored[1] ? compareArithmetics(scored[0]!, scored[1]) : null;
    const chosen = arithmetics?.suffers ? 1 : 0;
    const units = unitsOf(set);
    const unitsHeldOut = heldOut.map((i) => units[i]!);
    const {
      calibration,
      report,
      metrics,
      heldOut: figures,
    } = await calibrateHeldOut(scored[chosen]!, unitsHeldOut, kind, set.labelNames, seed, run);
    return {
      arithmetic: programs[chosen]!.arithmetic,
      arithmetics,
      calibration,
      calibrationReport: report,
      metrics,
      heldOut: figures,
    };
  } finally {
    maps.dispose();
  }
}
