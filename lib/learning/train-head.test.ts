// A training's request to a head's file: what the manifest says of it, and that it is the file.

import { describe, expect, it } from 'vitest';
import { ReportSchema, TrainRequestSchema, TrainResultSchema } from '../contract/index.ts';
import { applyHead, checkGoldens, readHead } from '../heads/index.ts';
import { sha256, toBase64 } from '../tensors/index.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { everyFourthHeldOut, linalg } from './testing.ts';
import { type LabelledCodes, trainHead } from './train-head.ts';

const digest = 'ab'.repeat(32);

function makeSet(n: number): LabelledCodes {
  const { codes, labels, labelNames } = makeSynthetic(120, 50, 3, 6, 2);
  return {
    codes: codes.slice(0, 50 * n),
    dims: 50,
    labels: labels.slice(0, n),
    labelNames,
    groups: new Array(n).fill(null),
    split: everyFourthHeldOut(n),
    digests: Array.from({ length: n }, (_, i) => i.toString(16).padStart(64, '0')),
  };
}

const codeSpaceDocument = {
  backbone: digest,
  taps: [{ op: 'relu', pooling: 'avg', pre: false }],
  arithmetic: { kind: 'float32', quantisation: null, kernel: 'test' },
  recipe: { size: 8, fit: 'stretch', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  imagePipeline: 'test',
};

const requestOf = (changes: object) =>
  TrainRequestSchema.parse({
    job: 'job',
    epoch: 1,
    head: 'head',
    dataset: 'dataset',
    strategy: 'linear',
    kind: 'softmax',
    seed: 3,
    snapshot: digest,
    codeSpace: digest,
    codeSpaceDocument,
    backbone: { name: 'net', digest },
    ...changes,
  });

describe.each(['softmax', 'svm'] as const)('trainHead of a %s', (kind) => {
  it('writes a file that is what its result says', async () => {
    const set = makeSet(120);
    const { blob, result } = await trainHead(requestOf({ kind }), set, null, linalg);
    const head = readHead(blob);
    expect(result.blob).toEqual({ digest: await sha256(blob), bytes: blob.length });
    expect(head).toMatchObject({ kind, labels: set.labelNames, dims: 50, codeSpace: digest });
    expect(head.calibration.method).toBe(kind === 'svm' ? 'platt' : 'temperature');
    expect(result).toMatchObject({ calibration: head.calibration.method, confidence: 'calibrated' });
    expect(result.hyperParameters).toMatchObject({ strengthChosenAt: 120, classWeights: 'none' });
    checkGoldens(head, result.goldens);
    const { probabilities } = applyHead(head, set.codes.subarray(0, 50));
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it('proves itself on codes of no image, for they stay when an image is erased', async () => {
    const set = makeSet(120);
    const { result } = await trainHead(requestOf({ kind }), set, null, linalg);
    expect(result.goldens).toHaveLength(3);
    const images = Array.from({ length: 120 }, (_, i) =>
      toBase64(new Uint8Array(set.codes.slice(50 * i, 50 * (i + 1)).buffer)),
    );
    for (const { code } of result.goldens) expect(images).not.toContain(code);
    expect(new Set(result.goldens.map(({ logits }) => logits)).size).toBe(3);
  });

  it('says nothing that the contract does not know or JSON cannot hold', async () => {
    const { result } = await trainHead(requestOf({ kind }), makeSet(120), null, linalg);
    expect(TrainResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(ReportSchema.parse(result.report)).toEqual(result.report);
  });

  it('hands on how many examples there were when a kept strength was chosen', async () => {
    const first = await trainHead(requestOf({ kind }), makeSet(118), null, linalg);
    const start = {
      version: 1,
      blob: first.result.blob.digest,
      strength: first.result.strength,
      strengthChosenAt: 118,
    };
    const second = await trainHead(requestOf({ kind, start }), makeSet(119), readHead(first.blob), linalg);
    expect(second.result).toMatchObject({
      strength: first.result.strength,
      calibration: first.result.calibration,
      temperature: first.result.temperature,
      hyperParameters: { strengthChosenAt: 118 },
      report: { strengthFrom: 'kept' },
    });
    const again = await trainHead(requestOf({ kind, start }), makeSet(119), readHead(first.blob), linalg);
    expect(again.blob).toEqual(second.blob);
  });

  it('does as its options say', async () => {
    const options = { classWeights: 'balanced', strength: 0.3 };
    const { result } = await trainHead(requestOf({ kind, options }), makeSet(100), null, linalg);
    expect(result).toMatchObject({
      strength: 0.3,
      hyperParameters: { classWeights: 'balanced' },
      report: { strengthFrom: 'given', classWeights: 'balanced', outOfFold: { n: 75 } },
    });
    expect(result.confidence).toBe('calibrated');
  });
});

describe('a start', () => {
  const start = { version: 1, blob: digest, strength: 1, strengthChosenAt: 9 };

  it('without its head, of another code space, or with a strength beside it is refused', async () => {
    const set = makeSet(60);
    const { blob } = await trainHead(requestOf({}), set, null, linalg);
    const head = readHead(blob);
    const cases = [
      trainHead(requestOf({ start }), set, null, linalg),
      trainHead(requestOf({}), set, head, linalg),
      trainHead(requestOf({ start, codeSpace: 'cd'.repeat(32) }), set, head, linalg),
      trainHead(requestOf({ start, options: { strength: 2 } }), set, head, linalg),
    ];
    for (const training of cases) await expect(training).rejects.toMatchObject({ type: 'bad-request' });
  });
});
