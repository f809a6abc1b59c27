// From trained layers to what is stored: the tail folded and written as a program (in integers like its trunk, unless that
// costs right answers), its float32 layers beside it, and the head for the codes that the program gives.

import type { CodeSpace, TrainRequest } from '../../contract/index.ts';
import { codeSpaceDigest } from '../../contract/index.ts';
import type { ArithmeticKind } from '../../inference/index.ts';
import { graphWith, headOf, type ModelSpec } from '../model/index.ts';
import { type ArithmeticComparison, compareArithmetics } from './choose-program.ts';
import { rest } from './each.ts';
import { pick, score } from './held-out.ts';
import type { MovingLayers } from './layers.ts';
import { openMaps } from './open-maps.ts';
import { partOf, type StrategyParts, type StrategyRun } from './parts.ts';
import type { SplitRows } from './split-rows.ts';
import { tailCodes } from './tail-codes.ts';
import { type StoredTail, storeTail } from './tail-files.ts';
import { examplesToMeasure, foldTail, measureTail, tailPrograms } from './tail-programs.ts';
import { type TunedHead, tunedHead } from './tuned-head.ts';

/** Shares of the progress bar; what is left fits the head's open set. */
const measureShare = 0.2;
const codesShare = 0.6;

export interface TrainedLayers {
  layers: MovingLayers;
  spec: ModelSpec;
  parameters: Float32Array;
  statistics: Float32Array;
}

export interface PublishedTail {
  tail: StoredTail;
  head: TunedHead;
  codeSpace: string;
  codeSpaceDocument: CodeSpace;
  /** Integers beside float32; null where there was nothing to compare. */
  arithmetics: ArithmeticComparison | null;
}

/** Makes everything that a version of these layers consists of. */
export async function publishTail(
  { layers, spec, parameters, statistics }: TrainedLayers,
  request: TrainRequest,
  parts: StrategyParts,
  rows: SplitRows,
  run: StrategyRun = {},
): Promise<PublishedTail> {
  const { set, kernels, backbone } = parts;
  const { from, inputShape } = layers;
  const space = request.codeSpaceDocument;
  const kind = space.arithmetic.kind as ArithmeticKind;
  const head = headOf(spec, parameters);
  const folded = foldTail(graphWith(spec, parameters, statistics), spec.output, inputShape[0]);
  const maps = await openMaps(layers, space, parts);
  try {
    const measured = examplesToMeasure(set, rows.train, kind, request.seed);
    const told = partOf(run, 0, measureShare, 'measuring the trained layers');
    const values = await measureTail(folded, eachMap(measured, maps.read, told), kernels);
    const programs = tailPrograms(folded, kind, values);
    const coding = partOf(run, measureShare, codesShare, 'codes of the trained layers');
    const all = await tailCodes(programs, kernels, set.labels.length, maps.read, coding);

    const { labels } = set;
    const heldOut = (codes: (typeof all)[number]) => score(head, pick({ ...codes, labels }, rows.heldOut));
    const arithmetics = all[1] ? compareArithmetics(heldOut(all[0]!), heldOut(all[1])) : null;
    const chosen = arithmetics?.suffers ? 1 : 0;
    const codeSpaceDocument: CodeSpace = { ...space, taps: [from] };
    const codeSpace = await codeSpaceDigest(codeSpaceDocument);
    const { seed } = request;
    const most = values.get(folded.graph.input.name)!.most || 1;
    const before = measureShare + codesShare;
    return {
      tail: await storeTail(folded, programs[chosen]!, layers, backbone.card, { seed, most, kernels }),
      head: await tunedHead(
        head,
        all[chosen]!,
        codeSpace,
        request,
        parts,
        rows,
        partOf(run, before, 1 - before, 'fitting the open set'),
      ),
      codeSpace,
      codeSpaceDocument,
      arithmetics,
    };
  } finally {
    maps.dispose();
  }
}

/** Maps of some examples, one at a time. */
async function* eachMap(
  examples: readonly number[],
  read: (i: number) => Promise<Float32Array>,
  run: StrategyRun,
): AsyncGenerator<Float32Array> {
  for (const [at, i] of examples.entries()) {
    yield await read(i);
    await rest(run, (at + 1) / examples.length);
  }
}
