// From evidence to a case and a strategy. The four cases are CS231n's: how much data there is, and how like the backbone's
// own it is, decide how many layers should move; what was measured on the data then overrules the rule.

import type { Advice, Evidence, StrategyName } from '../contract/index.ts';
import * as limits from './thresholds.ts';

export type Case = Advice['case'];
export type Rung = Evidence['ladder'][number];

export interface Decision {
  case: Case;
  isSmall: boolean;
  strategy: StrategyName;
  /** What the case alone would have said, where something else was decided. */
  instead: StrategyName | null;
  /** Why, for a person. */
  because: string;
}

export interface Known {
  evidence: Evidence;
  doubling: Advice['doubling'];
  /** Accuracy of a linear head on the default tap; null where nothing could be judged. */
  linear: number | null;
  /** Of the ladder, if it is earlier than the default tap and better. */
  earlier: Rung | null;
  budgetSeconds: number;
}

export function decide(known: Known): Decision {
  const isSmall = isSmallData(known);
  const { verdict } = known.evidence.similarity;
  const which =
    verdict === 'unavailable' ? 'unknown' : (`${isSmall ? 'small' : 'large'}-${verdict}` as const);
  const ruled = strategyOf(which, isSmall, known);
  const { strategy, because } = affordable(overruled(ruled, known), known);
  return { case: which, isSmall, strategy, instead: strategy === ruled ? null : ruled, because };
}

function isSmallData({ evidence, doubling }: Known): boolean {
  const { median } = evidence.perClass;
  if (median < limits.smallPerClass) return true;
  if (median >= limits.largePerClass) return false;
  return (doubling?.value ?? 1) >= limits.steepDoubling;
}

/** The note's answer. */
function strategyOf(which: Case, isSmall: boolean, { evidence, earlier }: Known): StrategyName {
  switch (which) {
    case 'small-similar':
      return 'linear';
    case 'large-similar':
      return 'fine-tune-top';
    case 'small-unlike':
      return 'linear-early';
    case 'large-unlike':
      return evidence.examples >= limits.hugeExamples ? 'from-scratch' : 'fine-tune-all';
    case 'unknown':
      if (!isSmall) return 'fine-tune-top';
      return earlier ? 'linear-early' : 'linear';
  }
}

type Choice = Pick<Decision, 'strategy' | 'because'>;

/** What the data says against the rule. */
function overruled(ruled: StrategyName, { evidence, linear, earlier }: Known): Choice {
  if (linear !== null && linear >= limits.saturatedAccuracy)
    return { strategy: 'linear', because: 'a linear head already gets nearly everything right' };
  if (evidence.perClass.median < limits.leastPerClassToTune && isTuned(ruled))
    return {
      strategy: earlier ? 'linear-early' : 'linear',
      because: 'with so few images per label, trained layers would learn them by heart',
    };
  const tooFew = evidence.perClass.median < limits.leastPerClassToTune;
  if (ruled === 'linear' && !tooFew && linear !== null && 1 - linear > limits.roomForTuning)
    return {
      strategy: 'fine-tune-top',
      because: `a linear head still errs on ${percent(1 - linear)} of the images, which layers that move can lower`,
    };
  const isKnown = evidence.similarity.verdict !== 'unavailable';
  if (earlier && (ruled === 'linear' || (ruled === 'linear-early' && !isKnown)))
    return {
      strategy: 'linear-early',
      because: `a linear head on the earlier tap "${earlier.tap}" does better than on the default one`,
    };
  return { strategy: ruled, because: (isKnown ? undefined : unlikened[ruled]) ?? reasons[ruled] };
}

/** The strategy, or the nearest cheaper one that the budget allows. */
function affordable(choice: Choice, { evidence, budgetSeconds, earlier }: Known): Choice {
  const fallbacks: StrategyName[] = [choice.strategy];
  if (choice.strategy === 'from-scratch') fallbacks.push('fine-tune-all');
  if (fallbacks.includes('fine-tune-all')) fallbacks.push('fine-tune-top');
  fallbacks.push(earlier ? 'linear-early' : 'linear');
  const cost = (strategy: StrategyName) => evidence.cost.find((row) => row.strategy === strategy)?.seconds;
  const strategy =
    fallbacks.find((each) => (cost(each) ?? (isTuned(each) ? Infinity : 0)) <= budgetSeconds) ?? 'linear';
  if (strategy === choice.strategy) return choice;
  const seconds = cost(choice.strategy);
  const because =
    seconds === undefined
      ? `${choice.strategy} cannot be done on this network`
      : `${choice.strategy} would take ${durationOf(seconds)} here, which is more than the ${durationOf(budgetSeconds)} allowed`;
  return { strategy, because };
}

export const isTuned = (strategy: StrategyName) => strategy !== 'linear' && strategy !== 'linear-early';

const reasons: Record<StrategyName, string> = {
  linear: 'on little data like what the backbone knows, its last codes serve best, and nothing can overfit',
  'linear-early':
    'on little data unlike what the backbone knows, its earlier, more general layers often serve best',
  'fine-tune-top': 'there is enough data to adapt the later layers, and the earlier ones fit it as they are',
  'fine-tune-all': 'there is enough data to move all layers, and it is unlike what they were made for',
  'from-scratch':
    'there is so much data, and it is so unlike, that pretrained weights are a start and no more',
};

/** The same where nobody knows how like the data is. */
const unlikened: Partial<Record<StrategyName, string>> = {
  linear: 'on little data a head on codes serves best, and nothing can overfit',
  'fine-tune-top': 'there is enough data to adapt the later layers',
};

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
