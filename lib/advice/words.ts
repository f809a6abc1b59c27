// The advice as sentences for a person: what to do, why, what to expect, what else would help.

import type { Advice, Evidence } from '../contract/index.ts';
import { type Decision, durationOf, isTuned, percent } from './decide.ts';

type Sayable = Omit<Advice, 'words'>;

export function wordsOf(advice: Sayable, decision: Decision): string[] {
  return [
    whatToDo(advice),
    `Why: ${decision.because}.`,
    sizeOf(advice.evidence, decision),
    similarityOf(advice.evidence.similarity),
    whatToExpect(advice),
    ...doublingOf(advice),
    ...insteadOf(decision),
  ];
}

function whatToDo({ strategy, tap, tuning, seconds, evidence }: Sayable): string {
  const cost = `about ${durationOf(seconds)} on this trainer`;
  switch (strategy) {
    case 'linear':
      return `Train a linear head ("strategy": "linear"): ${cost}.`;
    case 'linear-early':
      return `Train a linear head on the tap that does best by cross-validation ("strategy": "linear-early"${evidence.ladder.length > 0 ? `; here it was "${tap}"` : ''}): ${cost}.`;
    case 'fine-tune-top':
      return `Fine-tune ${tuning.from === undefined ? 'the later layers' : `the layers after "${tuning.from}"`} ("strategy": "fine-tune-top"), everything before them frozen, the last pretrained layer ${tuning.headRatio} times slower than the head: ${cost}.`;
    case 'fine-tune-all':
      return `Fine-tune all layers ("strategy": "fine-tune-all"), the last pretrained one ${tuning.headRatio} times slower than the head: ${cost}.`;
    case 'from-scratch':
      return `Train the network from fresh weights ("strategy": "from-scratch"), and compare with fine-tuning: ${cost}.`;
  }
}

function sizeOf({ examples, classes, perClass }: Evidence, { isSmall }: Decision): string {
  const each =
    perClass.least === perClass.most ? `${perClass.least}` : `${perClass.least} to ${perClass.most}`;
  const uneven =
    perClass.most > 10 * perClass.least
      ? ' The rarest labels have a tenth of the commonest one or less.'
      : '';
  return `${examples} images of ${classes} labels, ${each} each: that is ${isSmall ? 'little' : 'plenty of'} data.${uneven}`;
}

function similarityOf({ verdict, reference, score, reason }: Evidence['similarity']): string {
  if (verdict === 'unavailable' || score === null)
    return `How like the backbone's own data it is cannot be told: ${reason ?? 'nothing was measured.'}`;
  const kind = verdict === 'similar' ? 'like' : 'unlike';
  return `The images are ${kind} what the backbone knows: ${score.toFixed(2)} on a scale from photographs (0) to noise (1), measured against ${reference ?? 'its reference'}.`;
}

function whatToExpect({ expected, strategy, evidence }: Sayable): string {
  if (evidence.learningCurve.length === 0)
    return 'There are too few images to say how often it will be right: add some of every label.';
  const guess = isTuned(strategy) ? ', by what training layers has done elsewhere' : '';
  return `Expect it to be right on ${percent(expected.value)} of new images (${percent(expected.low)} to ${percent(expected.high)}${guess}).`;
}

function doublingOf({ doubling }: Sayable): string[] {
  if (!doubling) return [];
  const { value, low, high } = doubling;
  const range = `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
  if (high < 0.005) return ['More images of the same kind would bring a linear head next to nothing.'];
  return [`Twice the images would bring a linear head ${(100 * value).toFixed(1)} points (${range}).`];
}

function insteadOf({ instead, case: which }: Decision): string[] {
  if (!instead) return [];
  const rule = which === 'unknown' ? 'The amount of data' : `The case "${which}"`;
  return [`${rule} alone would say "${instead}".`];
}
