import fc from 'fast-check';
import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { type Manifest, TrainingOptionsSchema, trainingId } from '../../../lib/contract/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { type Beginning, warmStart } from './warm-start.ts';

const stable: Manifest = {
  ...manifestOf('birds', 3),
  strength: 0.5,
  hyperParameters: { strengthChosenAt: 100, classWeights: 'none' },
};
const beginning: Beginning = {
  kind: stable.kind,
  codeSpace: stable.codeSpace,
  labels: [...stable.labels].sort(),
  examples: 100,
  options: TrainingOptionsSchema.parse({}),
  erasedAt: 0,
};
const { options } = beginning;

describe('a training', () => {
  it('begins where the stable version ended, with its strength', () => {
    expect(warmStart(beginning, stable)).toEqual({
      version: 3,
      blob: stable.blob.digest,
      strength: 0.5,
      strengthChosenAt: 100,
    });
  });

  it('begins at zero for another strategy, and after a version of another strategy', () => {
    for (const strategy of ['fine-tune-top', 'linear-early', 'auto'] as const)
      expect(warmStart({ ...beginning, options: { ...options, strategy } }, stable)).toBeNull();
    for (const strategy of ['fine-tune-all', 'linear-early'] as const)
      expect(warmStart(beginning, { ...stable, strategy })).toBeNull();
  });

  it('chooses its strength anew once the data has grown or shrunk by a fifth', () => {
    const starts = (examples: number) => warmStart({ ...beginning, examples }, stable) !== null;
    expect([80, 81, 100, 119, 120].map(starts)).toEqual([false, true, true, true, false]);
  });

  it('keeps a strength until the data has gone a fifth from where it was chosen, in however small steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), fc.integer({ min: 1, max: 10_000 }), (at, examples) => {
        const hyperParameters = { strengthChosenAt: at };
        const start = warmStart({ ...beginning, examples }, { ...stable, hyperParameters });
        const grown = examples >= 1.2 * at - 1e-9;
        const shrunk = examples <= 0.8 * at + 1e-9;
        expect(start === null).toBe(grown || shrunk);
        // A version that kept its strength passes on when it was chosen.
        if (start) expect(start.strengthChosenAt).toBe(at);
      }),
    );
  });

  it('never begins from weights that may have seen an image which was erased since', () => {
    const at = Date.UTC(2026, 5, 1);
    const asked = { ...stable, job: trainingId('ds', ulid(at)) };
    const begins = (erasedAt: number) => warmStart({ ...beginning, erasedAt }, asked) !== null;
    expect([at - 1, at, at + 1].map(begins)).toEqual([true, false, false]);
    expect(warmStart({ ...beginning, erasedAt: at }, { ...stable, job: 'of an unknown time' })).toBeNull();
  });

  it.each<[string, Beginning, Manifest | null]>([
    ['no version is stable', beginning, null],
    ['the caller wants none', { ...beginning, options: { ...options, warmStart: false } }, stable],
    ['the caller names a strength', { ...beginning, options: { ...options, strength: 1 } }, stable],
    ['the kind differs', { ...beginning, kind: 'svm' }, stable],
    ['the code space differs', { ...beginning, codeSpace: 'f'.repeat(64) }, stable],
    ['a label has come', { ...beginning, labels: [...beginning.labels, 'zebra'] }, stable],
    ['a label has gone', { ...beginning, labels: beginning.labels.slice(1) }, stable],
    ['the weights differ', { ...beginning, options: { ...options, classWeights: 'balanced' } }, stable],
    ['it is not said when the strength was chosen', beginning, { ...stable, hyperParameters: {} }],
  ])('begins from zero when %s', (_, wanted, version) => {
    expect(warmStart(wanted, version)).toBeNull();
  });
});
