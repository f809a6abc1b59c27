// `auto`: follows the advice. The linear strategies are always tried; layers are trained if the evidence says that it pays
// and how long it may take. What is published is the best of them on the held-out examples, and never one that names
// fewer of them right than the linear head of the usual tap.

import { isTuned } from '../../advice/decide.ts';
import type { Advice, StrategyName, TrainRequest } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import { adviseDataset } from '../evidence/advise-dataset.ts';
import { trainHead } from '../train-head.ts';
import type { TuningStrategy } from '../tuning/index.ts';
import { fineTune } from './fine-tune.ts';
import type { HeldOut } from './held-out.ts';
import { linearEarly } from './linear-early.ts';
import { linearStart } from './linear-start.ts';
import { paired } from './paired.ts';
import { partOf, type StrategyParts, type StrategyRun, type Trained } from './parts.ts';
import { splitRows, unitsOf } from './split-rows.ts';

/** A strategy that was tried, with what the held-out examples say of it, or why it came to nothing. */
export interface Attempt {
  strategy: StrategyName;
  trained: Trained | null;
  heldOut: HeldOut | null;
  reason: string | null;
}

/** Shares of the progress bar; what is left trains layers. */
const linearShare = 0.05;
const earlyShare = 0.15;
const adviceShare = 0.15;

/**
 * Trains by the best of the strategies that are worth trying.
 *
 * @param adviser whose advice is followed
 * @throws HeadwaterError as `trainHead` does
 */
export async function auto(
  asked: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun = {},
  adviser: typeof adviseDataset = adviseDataset,
): Promise<Trained> {
  const began = parts.clock();
  // Candidates are judged by models of the training split, so none begins at a head that has seen the held-out examples.
  const request: TrainRequest = { ...asked, start: null };
  const attempts = [
    await tryLinear(request, parts, partOf(run, 0, linearShare, 'strategy linear')),
    await tryEarly(request, parts, partOf(run, linearShare, earlyShare, 'strategy linear-early')),
  ];
  const before = linearShare + earlyShare;
  const advising = partOf(run, before, adviceShare, 'gathering evidence');
  const advice = await adviser(request, { ...parts, reference: parts.reference ?? null }, advising);
  const tuning = { ...advice.tuning, ...asked.options.tuning };
  if (isTuned(advice.strategy)) {
    const strategy = advice.strategy as TuningStrategy;
    // Other strategies know no place to begin.
    if (strategy !== 'fine-tune-top') delete tuning.from;
    const tuned = { ...request, options: { ...request.options, tuning } };
    const share = partOf(run, before + adviceShare, 1 - before - adviceShare, `strategy ${strategy}`);
    attempts.push(await tryTuning(strategy, tuned, parts, share));
  }
  const chosen = best(attempts);
  const { blobs, result } = chosen.trained!;
  const seconds = (parts.clock() - began) / 1000;
  const report = {
    ...result.report,
    auto: {
      case: advice.case,
      advised: advice.strategy,
      ...(isTuned(chosen.strategy) && { tuning }),
      tried: attempts.map((attempt) => tellOf(attempt, attempts[0]!, chosen, unitsHeldOut(parts))),
    },
    run: { seconds, device: parts.device.name, advice: adviceFacts(advice) },
  };
  run.onProgress?.(1);
  return { blobs, result: { ...result, report } };
}

/** What of the advice depends on this machine's speed stands with what else does. */
const adviceFacts = ({ words, expected, seconds }: Advice) => ({ words, expected, seconds });

async function tryLinear(
  request: TrainRequest,
  { set, linalg }: StrategyParts,
  run: StrategyRun,
): Promise<Attempt> {
  const { blob, result } = await trainHead(request, set, null, linalg, partOf(run, 0, 0.6));
  const { heldOut } = await linearStart(request, set, splitRows(set), linalg, partOf(run, 0.6, 0.4));
  const trained = { blobs: [{ digest: result.blob.digest, bytes: blob }], result };
  return { strategy: 'linear', trained, heldOut, reason: null };
}

async function tryEarly(request: TrainRequest, parts: StrategyParts, run: StrategyRun): Promise<Attempt> {
  const { codes, ...trained } = await linearEarly(request, parts, partOf(run, 0, 0.9));
  const set = { ...parts.set, ...codes };
  const last = partOf(run, 0.9, 0.1);
  const { heldOut } = await linearStart(request, set, splitRows(set), parts.linalg, last);
  return { strategy: 'linear-early', trained, heldOut, reason: null };
}

/** Layers, if they can be trained at all: what speaks against it is told and no reason to fail. */
async function tryTuning(
  strategy: TuningStrategy,
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun,
): Promise<Attempt> {
  try {
    const { heldOut, blobs, result } = await fineTune(strategy, request, parts, run);
    return { strategy, trained: { blobs, result }, heldOut, reason: null };
  } catch (error) {
    if (!(error instanceof HeadwaterError) || !surmountable.has(error.type)) throw error;
    return { strategy, trained: null, heldOut: null, reason: error.message };
  }
}

const surmountable: ReadonlySet<string> = new Set([
  'bad-request',
  'tail-too-large',
  'too-few-examples',
  'trainer-failed',
  'training-diverged',
  'unsupported-graph',
]);

/**
 * The attempt with the most held-out examples right; of equal ones that of the least log-loss; the first, which is linear,
 * unless another is better. Without held-out examples nothing is known to be.
 */
export function best(attempts: readonly Attempt[]): Attempt {
  return attempts.reduce((a, b) => {
    if (!a.heldOut?.right.length || !b.heldOut) return a;
    const more = sum(b.heldOut.right) - sum(a.heldOut.right);
    return more > 0 || (more === 0 && sum(b.heldOut.losses) < sum(a.heldOut.losses)) ? b : a;
  });
}

/** What the report tells of an attempt; differences are to the linear head, on the same examples. */
function tellOf({ strategy, heldOut, reason }: Attempt, linear: Attempt, chosen: Attempt, units: string[]) {
  const isChosen = chosen.strategy === strategy;
  if (!heldOut?.right.length || !linear.heldOut) return { strategy, chosen: isChosen, reason };
  const n = heldOut.right.length;
  return {
    strategy,
    chosen: isChosen,
    reason,
    heldOutAccuracy: sum(heldOut.right) / n,
    heldOutLogLoss: sum(heldOut.losses) / n,
    accuracyDifference: paired(heldOut.right, linear.heldOut.right, units),
    logLossDifference: paired(heldOut.losses, linear.heldOut.losses, units),
  };
}

function unitsHeldOut({ set }: StrategyParts): string[] {
  const units = unitsOf(set);
  return splitRows(set).heldOut.map((i) => units[i]!);
}

const sum = (values: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
};
