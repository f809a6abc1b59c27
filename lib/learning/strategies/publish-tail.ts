// From trained layers to what is stored: the tail folded and written as a program, its float32 layers beside it, and the
// head for the codes that the program gives.

import type { CodeSpace, TrainRequest } from '../../contract/index.ts';
import { codeSpaceDigest } from '../../contract/index.ts';
import type { TailVerdict } from './judge-tail.ts';
import { openMaps } from './open-maps.ts';
import { partOf, type StrategyParts, type StrategyRun } from './parts.ts';
import { prepareTail, type TrainedLayers } from './prepare-tail.ts';
import { tailCodes } from './tail-codes.ts';
import { type StoredTail, storeTail } from './tail-files.ts';
import { type TunedHead, tunedHead } from './tuned-head.ts';

/** Shares of the progress bar; what is left fits the head's open set. */
const measureShare = 0.2;
const codesShare = 0.6;

export interface PublishedTail {
  tail: StoredTail;
  head: TunedHead;
  codeSpace: string;
  codeSpaceDocument: CodeSpace;
}

/**
 * Makes everything that a version of these layers consists of.
 *
 * @param train the examples that they were trained on
 */
export async function publishTail(
  trained: TrainedLayers,
  verdict: TailVerdict,
  request: TrainRequest,
  parts: StrategyParts,
  train: readonly number[],
  run: StrategyRun = {},
): Promise<PublishedTail> {
  const { set, kernels, backbone } = parts;
  const { layers } = trained;
  const { seed, codeSpaceDocument: space } = request;
  const maps = await openMaps(layers, space, parts);
  try {
    const measuring = partOf(run, 0, measureShare, 'measuring the layers to publish');
    const prepared = await prepareTail(trained, train, { seed, space }, parts, maps, measuring);
    const { folded, head, most } = prepared;
    const judged = prepared.programs.find(({ arithmetic }) => arithmetic === verdict.arithmetic);
    // Weights that were fitted anew may be what integers cannot hold: float32 always can.
    const program = judged ?? prepared.programs.at(-1)!;
    const everyone = [...set.labels.keys()];
    const coding = partOf(run, measureShare, codesShare, 'codes of the trained layers');
    const [codes] = await tailCodes([program], kernels, everyone, maps.read, coding);
    const codeSpaceDocument: CodeSpace = { ...space, taps: [layers.from] };
    const codeSpace = await codeSpaceDigest(codeSpaceDocument);
    const before = measureShare + codesShare;
    const fitting = partOf(run, before, 1 - before, 'fitting the open set');
    return {
      tail: await storeTail(folded, program, layers, backbone.card, { seed, most, kernels }),
      head: await tunedHead(head, codes!, verdict.calibration, codeSpace, request, parts, fitting),
      codeSpace,
      codeSpaceDocument,
    };
  } finally {
    maps.dispose();
  }
}
