// `linear-early`: a linear head on another place of the network. Early layers are general and late ones specific to what
// the network was made for, so on data unlike that an earlier tap is often better; and cheaper, too.
//
// One forward pass over a sample of the training photos collects a ladder of taps. Softmax or SVM on each is judged by
// the same cross-validation; so are the best tap beside its neighbours, and the best ones before their activation function.
// The held-out split has no say. Then all codes are made anew at the chosen place alone, by the plan that the edge will
// run (an integer plan that reads several taps rounds otherwise than one that reads one), and the head is trained on them.

import { type CodeSpace, codeSpaceDigest, type TrainRequest } from '../../contract/index.ts';
import { maxDims } from '../../heads/index.ts';
import { sampleExamples } from '../open-set-sample.ts';
import { type LabelledCodes, trainHead } from '../train-head.ts';
import { type Candidate, chooseRung, compare } from './choose-rung.ts';
import { collectCodes, sideBySide } from './collect-codes.ts';
import { judgeCodes } from './judge-codes.ts';
import { collectLadder, type Ladder, type Place, pairOf } from './ladder.ts';
import { partOf, type StrategyParts, type StrategyRun, type Trained } from './parts.ts';
import { splitRows, unitsOf } from './split-rows.ts';

/** Training examples that the places are judged on, at most: more would cost minutes and change no choice. */
const maxJudged = 3000;

/** Fewer examples that folds have judged cannot tell one place from another. */
const leastJudged = 20;

/** Shares of the progress bar; what is left trains the head. */
const collectShare = 0.3;
const judgeShare = 0.4;
const remakeShare = 0.2;

type JudgedPlace = Place & Candidate;

export interface TrainedEarly extends Trained {
  /** Of the whole set, at the chosen place. */
  codes: Pick<LabelledCodes, 'codes' | 'dims'>;
}

/** Trains the head. @throws HeadwaterError as `trainHead` does */
export async function linearEarly(
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun = {},
): Promise<TrainedEarly> {
  const began = parts.clock();
  const examples = sampleOf(request, parts);
  const ladder = await collectLadder(request, parts, examples, partOf(run, 0, collectShare));
  const judged = await judgeLadder(ladder, examples, request, parts, partOf(run, collectShare, judgeShare));
  const usual = judged.find(({ name }) => name === ladder.usual.name);
  const canTell = usual && usual.judged.losses.length >= leastJudged;
  const chosen = canTell ? chooseRung(judged, usual) : usual;
  const space: CodeSpace = { ...request.codeSpaceDocument, taps: (chosen ?? ladder.usual).taps };
  const codeSpace = await codeSpaceDigest(space);
  const remaking = partOf(run, collectShare + judgeShare, remakeShare, 'codes at the chosen place');
  const codes = await codesAt(space, codeSpace, request, parts, remaking);
  const before = collectShare + judgeShare + remakeShare;
  const { blob, result } = await trainHead(
    { ...request, codeSpace, codeSpaceDocument: space, start: null },
    { ...parts.set, ...codes },
    null,
    parts.linalg,
    partOf(run, before, 1 - before, 'training the head'),
  );
  const report = {
    ...result.report,
    seed: request.seed,
    ladder: ladderReport(judged, usual, chosen),
    run: { seconds: (parts.clock() - began) / 1000, device: parts.device.name },
  };
  return {
    blobs: [{ digest: result.blob.digest, bytes: blob }],
    result: { ...result, strategy: 'linear-early', report },
    codes,
  };
}

/** Training examples to judge the places on. */
function sampleOf({ seed }: TrainRequest, { set }: StrategyParts): number[] {
  const { train } = splitRows(set);
  const labels = Int32Array.from(train, (i) => set.labels[i]!);
  return sampleExamples(labels, set.labelNames.length, seed, maxJudged).rows.map((row) => train[row]!);
}

/** The ladder, its pairs and its `:pre` places, judged; empty where cross-validation is not possible. */
async function judgeLadder(
  { rungs, before, usual }: Ladder,
  examples: number[],
  request: TrainRequest,
  { set, linalg }: StrategyParts,
  run: StrategyRun,
): Promise<JudgedPlace[]> {
  const units = unitsOf(set);
  const labelled = {
    labels: Int32Array.from(examples, (i) => set.labels[i]!),
    labelNames: set.labelNames,
    groups: examples.map((i) => units[i]!),
  };
  const singles = rungs.includes(usual) ? rungs : [...rungs, usual];
  const most = singles.length + 4;
  let done = 0;
  const judge = async (place: Place): Promise<JudgedPlace[]> => {
    const codes = sideBySide(place.codes);
    if (codes.dims > maxDims) return [];
    const share = partOf(run, done++ / most, 1 / most, `judging ${place.name}`);
    const judged = await judgeCodes(codes, labelled, request, linalg, share);
    return judged ? [{ ...place, judged }] : [];
  };
  const found: JudgedPlace[] = [];
  for (const place of singles) found.push(...(await judge(place)));
  const ranked = found.filter(({ name }) => rungs.some((rung) => rung.name === name)).sort(byLoss);
  const best = rungs.findIndex(({ name }) => name === ranked[0]?.name);
  if (best < 0) return [];
  const neighbours = [rungs[best - 1], rungs[best + 1]].flatMap((rung) => rung ?? []);
  const more = [
    ...neighbours.map((neighbour) => pairOf(rungs[best]!, neighbour)),
    ...ranked.slice(0, 2).flatMap(({ name }) => before.get(name) ?? []),
  ];
  for (const place of more) found.push(...(await judge(place)));
  return found;
}

const byLoss = (a: Candidate, b: Candidate) => a.judged.logLoss - b.judged.logLoss;

/** Codes of the whole set in a space: those of the snapshot if it is the request's. */
async function codesAt(
  space: CodeSpace,
  codeSpace: string,
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun,
): Promise<Pick<LabelledCodes, 'codes' | 'dims'>> {
  const { codes, dims, labels } = parts.set;
  if (codeSpace === request.codeSpace) return { codes, dims };
  const everyone = Array.from(labels, (_, i) => i);
  return sideBySide(await collectCodes(parts, space, space.taps, everyone, run));
}

/** What the report tells of each place; differences are log-losses less those of the usual place. */
function ladderReport(
  judged: JudgedPlace[],
  usual: JudgedPlace | undefined,
  chosen: JudgedPlace | undefined,
) {
  return judged.map((place) => ({
    place: place.name,
    depth: place.depth,
    multiplyAdds: place.multiplyAdds,
    dims: place.codes.reduce((sum, { dims }) => sum + dims, 0),
    strength: place.judged.strength,
    logLoss: place.judged.logLoss,
    accuracy: place.judged.accuracy,
    difference: usual ? compare(place, usual) : null,
    chosen: place === chosen,
  }));
}
