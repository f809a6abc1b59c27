// What the coordinator and the trainer say to each other: two signed requests, two streams of NDJSON lines.

import { z } from 'zod';
import { AdviceSchema } from './advice.ts';
import { CodeSpaceSchema } from './code-space.ts';
import { Confidence, CurrentBackboneSchema, GoldenSchema, HeadKind } from './documents.ts';
import { Digest, Name, VersionNumber } from './names.ts';
import { ReportSchema } from './report.ts';
import { TailSchema } from './tail.ts';
import { AskedStrategy, Strategy, TrainingOptionsSchema } from './training-options.ts';

export const JobStatus = z.enum([
  'waiting',
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'held',
  'superseded',
]);

export const ErrorDataSchema = z.object({
  type: z.string(),
  detail: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).optional(),
});

/** Where a warm start begins: a version of the same head whose strength is kept while the data grows little. */
export const TrainingStartSchema = z.object({
  version: VersionNumber,
  blob: Digest,
  strength: z.number().positive(),
  /** How many examples there were when that strength was chosen. */
  strengthChosenAt: z.number().int().positive(),
});
export type TrainingStart = z.infer<typeof TrainingStartSchema>;

/** What a job does. `reindex` makes the codes that a space lacks; `advise` gathers evidence and answers with advice;
 *  `share` makes a backbone of a fine-tuned version. */
export const JobTask = z.enum(['train', 'reindex', 'advise', 'share']);
export type JobTaskName = z.infer<typeof JobTask>;

export const ShareSchema = z.object({
  /** Of the new backbone. */
  name: Name,
  head: Name,
  version: VersionNumber,
});
export type Share = z.infer<typeof ShareSchema>;

/** A training as its coordinator keeps it and as jobs/<ds>/<id>.json stores it when it has ended. */
export const JobSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  /** Records of former releases name none: taskOf (lib/jobs) tells it. */
  task: JobTask.optional(),
  /** Null where no head is trained. */
  head: Name.nullable(),
  /** What a `share` makes a backbone of. */
  share: ShareSchema.nullable().default(null),
  dataset: Name,
  status: JobStatus,
  /** Where a running job stands. */
  phase: z.enum(['codes', 'training', 'committing']).nullable(),
  /** 0..1, never falling within one epoch. */
  progress: z.number().min(0).max(1),
  /** What the trainer last said of it, for a person: "epoch 3 of 10, held-out .912". */
  note: z.string().nullable().default(null),
  seed: z.number().int().nonnegative(),
  backbone: z.object({ name: Name, digest: Digest }),
  codeSpace: Digest,
  codeSpaceDocument: CodeSpaceSchema,
  /** Grows with every lease; what an older one says is ignored. */
  epoch: z.number().int().nonnegative(),
  /** When the lease runs out, in milliseconds since 1970; 0 without one. */
  leaseUntil: z.number(),
  attempts: z.number().int().nonnegative(),
  /** How often the trainer has been asked for missing codes. */
  fills: z.number().int().nonnegative().default(0),
  /** Connections that broke off since the job last got further. */
  losses: z.number().int().nonnegative().default(0),
  /** What `stable` must still be for this job to move it; read once, when it first runs. */
  expectation: z.object({ stable: VersionNumber.nullable() }).nullable(),
  snapshot: Digest.nullable(),
  options: TrainingOptionsSchema.prefault({}),
  /** Decided when the snapshot is frozen; null: from zero. */
  start: TrainingStartSchema.nullable().default(null),
  /** Where the head is trained: in the control Worker, or by the trainer; null while that is not decided. */
  place: z.enum(['control', 'trainer']).nullable().default(null),
  /** How often the control Worker has begun it. */
  begins: z.number().int().nonnegative().default(0),
  /** The trainer's result, kept so that a commit can be taken up again after a crash. */
  result: z.unknown().nullable(),
  version: VersionNumber.nullable(),
  error: ErrorDataSchema.nullable(),
  /** Why a job ended `held`. */
  reason: z.string().nullable(),
  created: z.number(),
  started: z.number().nullable(),
  ended: z.number().nullable(),
  /** When the present phase began. */
  phaseSince: z.number().nullable(),
  /** Milliseconds spent in each stage, for the reader. */
  stages: z.record(z.string(), z.number()),
});
export type Job = z.infer<typeof JobSchema>;

/** POST /v1/fills of the trainer: make these codes. */
export const FillRequestSchema = z.object({
  job: z.string(),
  epoch: z.number().int(),
  /** Grows with every fill of a job: a later one asks for other images, and must not be told of an earlier one's. */
  pass: z.number().int().nonnegative(),
  dataset: Name,
  backbone: z.object({ name: Name, digest: Digest }),
  codeSpace: Digest,
  codeSpaceDocument: CodeSpaceSchema,
  examples: z.array(z.object({ digest: Digest, label: Name, extension: z.string() })),
});
export type FillRequest = z.infer<typeof FillRequestSchema>;

/** POST /v1/advice of the trainer: gather evidence on a snapshot and advise. */
export const AdviseRequestSchema = z.object({
  job: z.string(),
  epoch: z.number().int(),
  dataset: Name,
  snapshot: Digest,
  seed: z.number().int().nonnegative(),
  backbone: z.object({ name: Name, digest: Digest }),
  codeSpace: Digest,
  codeSpaceDocument: CodeSpaceSchema,
  options: TrainingOptionsSchema.prefault({}),
});
export type AdviseRequest = z.infer<typeof AdviseRequestSchema>;

/** POST /v1/shares of the trainer: make a backbone of a version. */
export const ShareRequestSchema = z.object({
  job: z.string(),
  epoch: z.number().int(),
  dataset: Name,
  /** Its pictures measure the quantisation. */
  snapshot: Digest,
  share: ShareSchema,
  backbone: z.object({ name: Name, digest: Digest }),
  codeSpace: Digest,
  codeSpaceDocument: CodeSpaceSchema,
  tail: TailSchema,
});
export type ShareRequest = z.infer<typeof ShareRequestSchema>;

/** POST /v1/jobs of the trainer: train a head. */
export const TrainRequestSchema = z.object({
  job: z.string(),
  epoch: z.number().int(),
  head: Name,
  dataset: Name,
  strategy: AskedStrategy,
  kind: HeadKind,
  seed: z.number().int().nonnegative(),
  snapshot: Digest,
  /** Of the snapshot's codes: the backbone's at the head's taps. */
  codeSpace: Digest,
  codeSpaceDocument: CodeSpaceSchema,
  backbone: z.object({ name: Name, digest: Digest }),
  options: TrainingOptionsSchema.prefault({}),
  start: TrainingStartSchema.nullable().default(null),
});
export type TrainRequest = z.infer<typeof TrainRequestSchema>;

export const TrainResultSchema = z.object({
  blob: z.object({ digest: Digest, bytes: z.number().int().positive() }),
  labels: z.array(Name).min(2),
  dims: z.number().int().positive(),
  strength: z.number().positive(),
  temperature: z.number().positive(),
  calibration: z.enum(['none', 'temperature', 'platt']),
  confidence: Confidence,
  openSet: z.object({ method: z.string(), threshold: z.number() }).nullable(),
  hyperParameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.number())])),
  report: ReportSchema,
  goldens: z.array(GoldenSchema),
  /** What was done; with `auto`, what was chosen. */
  strategy: Strategy,
  /** Of what the head reads: the snapshot's, another tap's, or the map below its tail. */
  codeSpace: Digest,
  codeSpaceDocument: CodeSpaceSchema,
  tail: TailSchema.nullable().default(null),
});
export type TrainResult = z.infer<typeof TrainResultSchema>;

/** One line of either stream. A line at least every few seconds is the heartbeat. */
export const TrainerLineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    progress: z.number().min(0).max(1),
    stage: z.string(),
    note: z.string().max(300).optional(),
  }),
  z.object({ type: z.literal('heartbeat') }),
  /** Codes of some examples: float16 little-endian [n, d] in base64, row i belonging to digests[i]. */
  z.object({
    type: z.literal('codes'),
    digests: z.array(Digest),
    dims: z.number().int().positive(),
    codes: z.base64(),
  }),
  /** An example whose image could not be turned into a code. */
  z.object({ type: z.literal('skipped'), digest: Digest, error: ErrorDataSchema }),
  z.object({ type: z.literal('filled') }),
  z.object({
    type: z.literal('trained'),
    result: TrainResultSchema,
    stages: z.record(z.string(), z.number()),
  }),
  z.object({ type: z.literal('advised'), advice: AdviceSchema, stages: z.record(z.string(), z.number()) }),
  /** The files lie in storage; the coordinator points the name at them. */
  z.object({ type: z.literal('shared'), current: CurrentBackboneSchema }),
  z.object({ type: z.literal('failed'), error: ErrorDataSchema }),
]);
export type TrainerLine = z.infer<typeof TrainerLineSchema>;
