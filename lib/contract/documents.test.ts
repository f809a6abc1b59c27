import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  ChannelsSchema,
  CurrentBackboneSchema,
  DatasetPolicySchema,
  EnvelopeSchema,
  FloorSchema,
  HeadDocumentSchema,
  JobSchema,
  ManifestSchema,
  SnapshotSchema,
  TrainerLineSchema,
} from './index.ts';

const digest = 'ab'.repeat(32);
const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const created = '2024-05-06T07:08:09.123Z';
const taps = [{ op: 'relu', pooling: 'avg', pre: false }];
const backbone = { name: 'mobilenet', digest };
const codeSpaceDocument = {
  backbone: digest,
  taps,
  arithmetic: { kind: 'float32', quantisation: null, kernel: '1' },
  recipe: { size: 224, fit: 'stretch', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  imagePipeline: '1',
};
const options = {
  classWeights: 'balanced',
  strength: null,
  warmStart: true,
  strategy: 'auto',
  device: 'cpu',
  tuning: { epochs: 3 },
};
const metrics = {
  n: 2,
  accuracy: 1,
  logLoss: 0.1,
  perClass: [{ label: '__proto__', precision: 1, recall: 1, f1: 1, support: 2 }],
  confusion: [[2]],
};
const report = {
  examples: 2,
  labels: [{ label: '__proto__', count: 2 }],
  dims: 3,
  strength: 0.1,
  fittedOn: 'all',
  heldOut: metrics,
  outOfFold: null,
  later: { field: true },
};
const result = {
  blob: { digest, bytes: 9 },
  labels: ['a', '__proto__'],
  dims: 3,
  strength: 0.1,
  temperature: 1,
  calibration: 'platt' as const,
  confidence: 'calibrated' as const,
  openSet: { method: 'any', threshold: 2.5 },
  hyperParameters: { grid: [1, 2], solver: 'lbfgs', folds: 5, scaled: true },
  report,
  goldens: [{ code: 'AAAA', logits: 'AAAA' }],
  strategy: 'linear' as const,
  codeSpace: digest,
  codeSpaceDocument,
  tail: null,
};

const documents: Record<string, [z.ZodType, Record<string, unknown>]> = {
  'a policy': [DatasetPolicySchema, { format: 1, dataset: 'ds', heldOutFraction: 0.2, created }],
  'a head': [
    HeadDocumentSchema,
    {
      format: 1,
      head: 'h',
      dataset: 'ds',
      strategy: 'linear',
      kind: 'softmax',
      backbone,
      taps,
      policy: { promote: 'stable' },
      created,
    },
  ],
  'a snapshot': [
    SnapshotSchema,
    {
      format: 1,
      dataset: 'ds',
      codeSpace: digest,
      examples: [
        { digest, label: '__proto__', extension: 'jpg', group: null, split: 'train', segment: 0, row: 0 },
      ],
      segments: [{ ulid, sha256: digest }],
    },
  ],
  'a manifest': [
    ManifestSchema,
    {
      ...result,
      format: 1,
      head: 'h',
      version: 1,
      dataset: 'ds',
      kind: 'softmax',
      backbone,
      seed: 0,
      startBlob: null,
      snapshot: digest,
      options,
      job: 'x',
      created,
    },
  ],
  'a channels document': [
    ChannelsSchema,
    {
      format: 1,
      head: 'h',
      sequence: 3,
      stable: 2,
      canary: null,
      canaryPercent: 0,
      pin: { version: 2, reason: '', at: created },
      history: [1],
      updated: created,
    },
  ],
  'a floor': [FloorSchema, { format: 1, head: 'h', version: 3, sequence: 5, updated: created }],
  'a pointer to a backbone': [
    CurrentBackboneSchema,
    {
      format: 1,
      name: 'mobilenet',
      digest,
      arithmetic: 'int8' as const,
      quantisation: digest,
      reference: null,
      figures: {
        int8: { tap: 'final', pictures: 9, cosineMean: 0.9998, cosineWorst: 0.999, relativeError: 0.02 },
      },
      updated: created,
    },
  ],
  'a job': [
    JobSchema,
    {
      format: 1,
      id: 'x',
      task: 'train' as const,
      head: 'h',
      share: null,
      note: 'epoch 3 of 10',
      dataset: 'ds',
      status: 'succeeded',
      phase: null,
      progress: 1,
      seed: 0,
      backbone,
      codeSpace: digest,
      codeSpaceDocument,
      epoch: 1,
      leaseUntil: 0,
      attempts: 1,
      fills: 0,
      losses: 0,
      expectation: { stable: null },
      snapshot: digest,
      options,
      start: { version: 1, blob: digest, strength: 0.1, strengthChosenAt: 20 },
      place: 'control',
      begins: 1,
      result,
      version: 1,
      error: { type: 'internal', detail: 'x', facts: { a: ['b'] } },
      reason: null,
      created: 1,
      started: 2,
      ended: 3,
      phaseSince: null,
      stages: { queued: 1, 'trainer.fit': 2 },
    },
  ],
};

describe.each(Object.entries(documents))('%s', (_, [schema, document]) => {
  it('comes back from JSON as it was written', () => {
    expect(schema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  it('is refused with another format number, or without one', () => {
    const { format: _format, ...rest } = document;
    expect(schema.safeParse(document).success).toBe(true);
    expect(schema.safeParse({ ...document, format: 2 }).success).toBe(false);
    expect(schema.safeParse(rest).success).toBe(false);
  });

  it('is refused when any field that has no default is missing', () => {
    const defaults = [
      ...['heldOutFraction', 'policy.promote', 'fills', 'losses', 'options', 'start', 'place', 'begins'],
      ...['calibration', 'confidence', 'openSet', 'arithmetic', 'quantisation', 'figures', 'reference'],
      ...['tail', 'task', 'share', 'note'],
    ];
    for (const field of Object.keys(document).filter((name) => !defaults.includes(name))) {
      // JSON.stringify leaves out what is undefined.
      const without = JSON.parse(JSON.stringify({ ...document, [field]: undefined }));
      // `result` may be anything, nothing included.
      if (field !== 'result') expect(schema.safeParse(without).success, field).toBe(false);
    }
  });
});

describe('an envelope', () => {
  it.each([
    { payloadType: 'x', payload: 'AAAA', signatures: [] },
    { payloadType: 'x', payload: 'A', signatures: [{ keyid: 'k', sig: 'AAAA' }] },
    { payloadType: 'x', payload: 'AAAA', signatures: [{ keyid: 'k', sig: '*' }] },
  ])('is refused without a signature or with broken base64: %j', (envelope) => {
    expect(EnvelopeSchema.safeParse(envelope).success).toBe(false);
  });
});

describe('a line of the trainer', () => {
  it.each([
    { type: 'progress', progress: 1.1, stage: 'x' },
    { type: 'progress', progress: Number.NaN, stage: 'x' },
    { type: 'trained' },
    { type: 'trained', result: { ...result, labels: ['one'] }, stages: {} },
    { type: 'codes', digests: ['x'], dims: 1, codes: 'AAAA' },
    { type: 'unheard-of' },
  ])('is refused when it makes no sense: %j', (line) => {
    expect(TrainerLineSchema.safeParse(line).success).toBe(false);
  });

  it('carries its result unchanged', () => {
    const line = { type: 'trained', result, stages: { fit: 3 } };
    expect(TrainerLineSchema.parse(line)).toEqual(line);
  });
});
