// The stored documents of docs/formats.md, each with `format: 1`. Whoever reads one parses it with the schema
// of this file; whoever writes one passes it through the same schema first.

import { z } from 'zod';
import { AllFiguresSchema, ArithmeticSchema } from './arithmetic.ts';
import { CodeSpaceSchema, TapSchema } from './code-space.ts';
import { Digest, Name, Ulid, VersionNumber } from './names.ts';
import { ReportSchema } from './report.ts';
import { TailSchema } from './tail.ts';
import { AskedStrategy, Strategy, TrainingOptionsSchema } from './training-options.ts';

const format = z.literal(1);
const Instant = z.iso.datetime();

export const HeadKind = z.enum(['softmax', 'svm']);
export const Split = z.enum(['train', 'heldout']);
export const Confidence = z.enum(['calibrated', 'uncalibrated']);
export type SplitName = z.infer<typeof Split>;

/** datasets/<ds>.json: what a dataset's owner decides. Absent means the defaults. */
export const DatasetPolicySchema = z.object({
  format,
  dataset: Name,
  /** Share of groups (or of images without one) held out, by hash. */
  heldOutFraction: z.number().min(0).max(0.5).default(0.2),
  created: Instant,
});
export type DatasetPolicy = z.infer<typeof DatasetPolicySchema>;

/** heads/<head>/head.json: claimed once, then immutable. */
export const HeadDocumentSchema = z.object({
  format,
  head: Name,
  dataset: Name,
  /** Of trainings that name none. A version's own stands in its manifest. */
  strategy: AskedStrategy,
  kind: HeadKind,
  /** Name of the backbone and digest of its file. */
  backbone: z.object({ name: Name, digest: Digest }),
  /** Where linear heads read their codes; what a version reads stands in its manifest. */
  taps: z.array(TapSchema).min(1),
  policy: z.object({ promote: z.enum(['stable', 'canary']).default('stable') }),
  created: Instant,
});
export type HeadDocument = z.infer<typeof HeadDocumentSchema>;

/** snapshots/<ds>/<sha256>.json: the training set at one moment; its digest is that of its canonical JSON. */
export const SnapshotSchema = z.object({
  format,
  dataset: Name,
  codeSpace: Digest,
  /** Sorted by digest. `segment` indexes `segments`. */
  examples: z.array(
    z.object({
      digest: Digest,
      label: Name,
      extension: z.string(),
      group: z.string().nullable(),
      split: Split,
      segment: z.number().int().nonnegative(),
      row: z.number().int().nonnegative(),
    }),
  ),
  segments: z.array(z.object({ ulid: Ulid, sha256: Digest })),
});
export type Snapshot = z.infer<typeof SnapshotSchema>;

/** A code with what the head makes of it, little-endian in base64, float32 and the score float64: the proof of an
 *  engine. The score is that of a head with an open set. */
export const GoldenSchema = z.object({
  code: z.base64(),
  logits: z.base64(),
  score: z.base64().optional(),
});

/** The payload inside heads/<head>/versions/<n>.json. */
export const ManifestSchema = z.object({
  format,
  head: Name,
  version: VersionNumber,
  dataset: Name,
  strategy: Strategy,
  kind: HeadKind,
  labels: z.array(Name).min(2),
  dims: z.number().int().positive(),
  backbone: z.object({ name: Name, digest: Digest }),
  codeSpace: Digest,
  codeSpaceDocument: CodeSpaceSchema,
  blob: z.object({ digest: Digest, bytes: z.number().int().positive() }),
  temperature: z.number().positive(),
  /** How logits become probabilities; the numbers themselves stand in the blob. */
  calibration: z.enum(['none', 'temperature', 'platt']).default('none'),
  /** Whether a probability is what it says: `uncalibrated` where there was too little to calibrate on. */
  confidence: Confidence.default('uncalibrated'),
  /** The score beyond which an image is none of the labels; null for a head that always names one. */
  openSet: z.object({ method: z.string(), threshold: z.number() }).nullable().default(null),
  strength: z.number().positive(),
  hyperParameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.number())])),
  seed: z.number().int().nonnegative(),
  /** The blob that the solver started from, if it was a warm start. */
  startBlob: Digest.nullable(),
  snapshot: Digest,
  report: ReportSchema,
  goldens: z.array(GoldenSchema),
  /** Layers of the backbone that this version has its own weights for; null where it has none. */
  tail: TailSchema.nullable().default(null),
  /** What the training was told; null in manifests of former releases. */
  options: TrainingOptionsSchema.nullable().default(null),
  job: z.string(),
  created: Instant,
});
export type Manifest = z.infer<typeof ManifestSchema>;

/** The payload inside heads/<head>/channels.json. */
export const ChannelsSchema = z.object({
  format,
  head: Name,
  /** Only grows; an edge refuses a document whose sequence is below one that it has seen. */
  sequence: z.number().int().positive(),
  stable: VersionNumber.nullable(),
  canary: VersionNumber.nullable(),
  canaryPercent: z.number().min(0).max(100),
  /** Set by a person's rollback; no job moves `stable` while it stands. */
  pin: z.object({ version: VersionNumber, reason: z.string(), at: Instant }).nullable(),
  /** Earlier stable versions, latest last: where the next rollback goes. */
  history: z.array(VersionNumber).max(50),
  updated: Instant,
});
export type Channels = z.infer<typeof ChannelsSchema>;

/**
 * floors/<head>.json: what numbers heads of this name have used, so that a new one of the same name goes on from
 * there and is never taken for the old one. Bears no signature; whoever reads it takes the higher of it and what
 * they know.
 */
export const FloorSchema = z.object({
  format,
  head: Name,
  /** The highest version number; 0 for none. */
  version: z.number().int().nonnegative(),
  /** The highest sequence of the channels of heads that were deleted; 0 if none was. */
  sequence: z.number().int().nonnegative(),
  updated: Instant,
});
export type Floor = z.infer<typeof FloorSchema>;

/** A DSSE envelope (github.com/secure-systems-lab/dsse, protocol v1): what is signed is PAE(payloadType, payload). */
export const EnvelopeSchema = z.object({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.base64() })).min(1),
});
export type Envelope = z.infer<typeof EnvelopeSchema>;

/** backbones/<name>/current.json: which file the name stands for, and in which arithmetic its codes are made.
 *  Integer arithmetics name the quantisation file that lies beside the backbone's. */
export const CurrentBackboneSchema = z.object({
  format,
  name: Name,
  digest: Digest,
  arithmetic: ArithmeticSchema.default('float32'),
  quantisation: Digest.nullable().default(null),
  /** File of reference statistics beside the backbone's; null where its batch-norm has them, or nobody has measured any. */
  reference: Digest.nullable().default(null),
  /** What was measured when the arithmetic was chosen; empty where nothing was. */
  figures: AllFiguresSchema.default({}),
  updated: Instant,
});
export type CurrentBackbone = z.infer<typeof CurrentBackboneSchema>;

export const payloadTypes = {
  manifest: 'application/vnd.headwater.manifest.v1+json',
  channels: 'application/vnd.headwater.channels.v1+json',
} as const;
