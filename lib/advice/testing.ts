// Evidence for tests: plain data with what a test cares for put in. Nothing but tests imports this.

import fc from 'fast-check';
import type { Evidence } from '../contract/index.ts';
import type { AdviceFacts } from './advise.ts';

export const facts: AdviceFacts = {
  dataset: 'photos',
  backbone: { name: 'net', digest: 'ab'.repeat(32) },
  snapshot: 'cd'.repeat(32),
  defaultTap: 'final',
};

export const estimate = (value: number, half = 0.03) => ({
  value,
  low: Math.max(0, value - half),
  high: Math.min(1, value + half),
});

export interface Wishes {
  perClass?: number;
  classes?: number;
  /** Of linear heads on 25, 50 and 100 % of the data. */
  curve?: [number, number, number];
  /** Accuracies of the taps `early`, `middle`, `final`. */
  ladder?: [number, number, number];
  verdict?: Evidence['similarity']['verdict'];
  seconds?: Partial<Record<Evidence['cost'][number]['strategy'], number>>;
}

export function evidenceOf(wishes: Wishes = {}): Evidence {
  const { perClass = 100, classes = 2, curve = [0.85, 0.88, 0.94], verdict = 'similar' } = wishes;
  const ladder = wishes.ladder ?? [0.6, 0.7, curve[2]];
  const isKnown = verdict !== 'unavailable';
  const seconds = {
    linear: 1,
    'linear-early': 10,
    'fine-tune-top': 100,
    'fine-tune-all': 400,
    'from-scratch': 1000,
    ...wishes.seconds,
  };
  return {
    examples: perClass * classes,
    classes,
    perClass: { least: perClass, median: perClass, most: perClass },
    learningCurve: [0.25, 0.5, 1].map((share, i) => ({
      share,
      examples: Math.round(share * perClass * classes),
      accuracy: estimate(curve[i]!),
    })),
    ladder: ['early', 'middle', 'final'].map((tap, i) => ({
      tap,
      op: tap,
      dims: 8,
      depth: (i + 1) / 3,
      accuracy: estimate(ladder[i]!),
      distance: isKnown ? 0.1 : null,
    })),
    similarity: {
      verdict,
      reference: isKnown ? 'a reference' : null,
      score: isKnown ? (verdict === 'similar' ? 0.1 : 0.7) : null,
      scale: [],
      reason: isKnown ? null : 'nothing to compare with.',
    },
    cost: Object.entries(seconds).map(([strategy, each]) => ({
      strategy: strategy as Evidence['cost'][number]['strategy'],
      seconds: each,
      from: strategy === 'fine-tune-top' ? 'middle' : null,
    })),
    device: 'a test',
  };
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const interval = fc.tuple(share, share, share).map((values) => {
  const [low, value, high] = values.toSorted((a, b) => a - b) as [number, number, number];
  return { low, value, high };
});
const count = fc.nat(200_000);

/** Whatever a schema lets through: empty lists, no costs, taps that are not the default's. */
export const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  examples: count,
  classes: fc.nat(1000),
  perClass: fc.record({ least: count, median: count, most: count }),
  learningCurve: fc.array(fc.record({ share, examples: count, accuracy: interval }), { maxLength: 4 }),
  ladder: fc.array(
    fc.record({
      tap: fc.constantFrom('early', 'middle', 'final'),
      op: fc.constant('op'),
      dims: fc.integer({ min: 1, max: 4096 }),
      depth: share,
      accuracy: interval,
      distance: fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
    }),
    { maxLength: 8 },
  ),
  similarity: fc.record({
    verdict: fc.constantFrom('similar', 'unlike', 'unavailable'),
    reference: fc.option(fc.constant('a reference')),
    score: fc.option(share),
    scale: fc.constant([]),
    reason: fc.option(fc.constant('a reason.')),
  }),
  cost: fc.uniqueArray(
    fc.record({
      strategy: fc.constantFrom('linear', 'linear-early', 'fine-tune-top', 'fine-tune-all', 'from-scratch'),
      seconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
      from: fc.option(fc.constantFrom('early', 'middle')),
    }),
    { selector: ({ strategy }) => strategy },
  ),
  device: fc.constant('a test'),
});
