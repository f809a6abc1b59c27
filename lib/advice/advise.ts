// Evidence in, advice out. Pure: the same evidence gives the same advice, wherever it was gathered.

import type { Advice, Evidence, StrategyName, Tuning } from '../contract/index.ts';
import { type Decision, decide, isTuned, type Known } from './decide.ts';
import { doublingOf } from './doubling.ts';
import { defaultBudgetSeconds, earlierGain, errorsLeft, headRatio } from './thresholds.ts';
import { wordsOf } from './words.ts';

export interface AdviceFacts {
  dataset: string;
  backbone: { name: string; digest: string };
  snapshot: string;
  /** Name of the tap that a linear head reads unless somebody says otherwise. */
  defaultTap: string;
  /** Seconds that a training may take; an hour if left out. */
  budgetSeconds?: number;
}

/**
 * Which of the four cases a dataset is, what to train, how, and what to expect of it.
 *
 * @example
 * const { strategy, tuning, words } = advise(evidence, { dataset, backbone, snapshot, defaultTap: 'final' });
 */
export function advise(evidence: Evidence, facts: AdviceFacts): Advice {
  const { dataset, backbone, snapshot, defaultTap, budgetSeconds = defaultBudgetSeconds } = facts;
  const doubling = doublingOf(evidence.learningCurve);
  const known: Known = {
    evidence,
    doubling,
    linear: evidence.learningCurve.at(-1)?.accuracy.value ?? null,
    earlier: earlierOf(evidence, defaultTap),
    budgetSeconds,
  };
  const decision = decide(known);
  const { strategy } = decision;
  const row = evidence.cost.find((each) => each.strategy === strategy);
  const advice: Omit<Advice, 'words'> = {
    format: 1,
    dataset,
    backbone,
    snapshot,
    case: decision.case,
    strategy,
    tap: tapOf(strategy, known, defaultTap),
    tuning: tuningOf(decision, evidence, row?.from ?? null),
    expected: expectedOf(strategy, known),
    seconds: row?.seconds ?? 0,
    doubling,
    evidence,
  };
  return { ...advice, words: wordsOf(advice, decision) };
}

/** The best rung before the default tap, if it is better by more than chance. */
function earlierOf({ ladder }: Evidence, defaultTap: string): Evidence['ladder'][number] | null {
  const usual = ladder.find(({ tap }) => tap === defaultTap);
  if (!usual) return null;
  const before = ladder.filter(({ depth }) => depth < usual.depth);
  const best = before.reduce((a, b) => (b.accuracy.value > a.accuracy.value ? b : a), usual);
  return best.accuracy.value - usual.accuracy.value >= earlierGain ? best : null;
}

function tapOf(strategy: StrategyName, { evidence, earlier }: Known, defaultTap: string) {
  if (strategy !== 'linear-early') return defaultTap;
  const best = bestRung(evidence);
  return earlier?.tap ?? best?.tap ?? defaultTap;
}

/** Of all rungs; the earlier of equal ones. */
const bestRung = ({ ladder }: Evidence) =>
  ladder.reduce<Evidence['ladder'][number] | undefined>(
    (a, b) => (a && a.accuracy.value >= b.accuracy.value ? a : b),
    undefined,
  );

function tuningOf({ strategy }: Decision, { similarity }: Evidence, from: string | null): Tuning {
  if (!isTuned(strategy)) return {};
  if (strategy === 'from-scratch') return { headRatio: 1, depthDecay: 1 };
  const ratio = similarity.verdict === 'unlike' ? headRatio.unlike : headRatio.similar;
  return { headRatio: ratio, ...(strategy === 'fine-tune-top' && from !== null && { from }) };
}

/** From the linear head's cross-validation; with layers that move, from what they have done to its errors elsewhere. */
function expectedOf(strategy: StrategyName, { evidence }: Known): Advice['expected'] {
  const linear = evidence.learningCurve.at(-1)?.accuracy;
  if (!linear) return { value: 1 / Math.max(1, evidence.classes), low: 0, high: 1 };
  const left = errorsLeft[strategy];
  if (left) {
    const value = 1 - left.expected * (1 - linear.value);
    const high = 1 - left.best * (1 - linear.high);
    return { value, low: Math.min(linear.low, value), high: Math.max(value, high) };
  }
  const best = bestRung(evidence)?.accuracy;
  if (strategy === 'linear' || !best || best.value <= linear.value) return linear;
  // The best of several is too good by chance: what it promises beyond the linear head is halved.
  const value = (linear.value + best.value) / 2;
  return { value, low: Math.min(linear.low, value), high: Math.max(best.high, value) };
}
