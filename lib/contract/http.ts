// Requests and answers of the HTTP contract. The routes themselves stand in functions/edge/routes; OpenAPI is
// made from these schemas.

import { z } from 'zod';
import { AllFiguresSchema, ArithmeticSchema } from './arithmetic.ts';
import { TapSchema } from './code-space.ts';
import { HeadKind } from './documents.ts';
import { ErrorDataSchema, JobStatus, JobTask } from './jobs.ts';
import { Digest, LabelCounts, maxNameCharacters, Name, VersionNumber } from './names.ts';
import { ReportSchema } from './report.ts';
import { AskedStrategy, ClassWeights, Strategy } from './training-options.ts';
import { Device, TuningSchema } from './tuning.ts';

export const ProblemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string().optional(),
});

/** A group keeps pictures of one subject on one side of a split; a subject is whom to erase. */
export const TagSchema = z
  .string()
  .transform((text) => text.normalize('NFC'))
  .refine(
    (text) => text.length >= 1 && [...text].length <= maxNameCharacters && !/[\p{Cc}\p{Cs}]/u.test(text),
    {
      message: 'a group or subject has 1 to 64 characters and no control characters',
    },
  );

export const TeachQuery = z.object({ group: TagSchema.optional(), subject: TagSchema.optional() });
export const ExampleAnswer = z.object({
  digest: Digest,
  label: Name,
  /** The label under which the same image stood before; it has moved. */
  movedFrom: Name.optional(),
});

export const DatasetAnswer = z.object({
  dataset: Name,
  labels: LabelCounts,
  examples: z.number().int().nonnegative(),
  heldOut: z.number().int().nonnegative(),
  /** Objects deleted so far, while the dataset is being deleted. */
  deleting: z.object({ deleted: z.number().int().nonnegative() }).optional(),
});

export const TrainingRequest = z.object({
  dataset: Name,
  /** Left out: what the head was made with, or `linear` for a new one. `auto` follows the advice. */
  strategy: AskedStrategy.optional(),
  /** Left out: what the head was made with, or `softmax` for a new one. */
  kind: HeadKind.optional(),
  backbone: Name.optional(),
  tap: z.string().min(1).max(200).optional(),
  seed: z.number().int().nonnegative().max(0xffffffff).optional(),
  /** `balanced` where some labels have far fewer images than others. */
  classWeights: ClassWeights.optional(),
  /** C, the weight of the data against ½‖W‖²; left out: chosen by cross-validation. */
  strength: z.number().min(1e-8).max(1e8).optional(),
  /** False: begin from zero and choose the strength anew, whatever the stable version is like. */
  warmStart: z.boolean().optional(),
  /** Input side in pixels; left out: the backbone's own. */
  size: z.number().int().min(32).max(1024).optional(),
  device: Device.optional(),
  tuning: TuningSchema.optional(),
});
export type TrainingRequestData = z.infer<typeof TrainingRequest>;

/** Which codes a dataset is to have: those of a backbone at a tap; the deployment's and its default where left out. */
export const ReindexRequest = z.strictObject({
  backbone: Name.optional(),
  tap: z.string().min(1).max(1024).optional(),
});
export type ReindexRequestData = z.infer<typeof ReindexRequest>;

export const TrainingAnswer = z.object({
  id: z.string(),
  task: JobTask,
  /** Null where no head is trained: other tasks are watched and cancelled like trainings. */
  head: Name.nullable(),
  dataset: Name,
  status: JobStatus,
  phase: z.enum(['codes', 'training', 'committing']).nullable(),
  progress: z.number().min(0).max(1),
  /** What a training was asked to do; what it came to stands in its version. */
  strategy: AskedStrategy.optional(),
  /** What the trainer last said of it, for a person. */
  note: z.string().optional(),
  version: VersionNumber.optional(),
  report: ReportSchema.optional(),
  error: ErrorDataSchema.optional(),
  /** Why a training ended `held`. */
  reason: z.string().optional(),
  /** Milliseconds by stage. */
  stages: z.record(z.string(), z.number()),
});
export type TrainingData = z.infer<typeof TrainingAnswer>;

export const ChannelsAnswer = z.object({
  sequence: z.number().int(),
  stable: VersionNumber.nullable(),
  canary: VersionNumber.nullable(),
  canaryPercent: z.number(),
  pin: z.object({ version: VersionNumber, reason: z.string(), at: z.string() }).nullable(),
});
export type ChannelsData = z.infer<typeof ChannelsAnswer>;

export const VersionSummary = z.object({
  version: VersionNumber,
  created: z.string(),
  strategy: Strategy,
  kind: HeadKind,
  labels: z.array(Name),
  strength: z.number(),
  snapshot: Digest,
  blob: Digest,
  /** Layers that it has weights of its own for; null where it has none. */
  tail: z
    .object({
      from: TapSchema,
      to: TapSchema,
      arithmetic: ArithmeticSchema,
      /** What it takes in storage, and in an isolate. */
      bytes: z.number().int(),
      memoryBytes: z.number().int(),
    })
    .nullable(),
  report: ReportSchema,
});
export const PromoteRequest = z.object({
  version: VersionNumber,
  channel: z.enum(['stable']).default('stable'),
});
export const RollbackRequest = z.object({
  version: VersionNumber.optional(),
  reason: z.string().max(500).optional(),
});

export const HeadAnswer = z.object({
  head: Name,
  dataset: Name,
  strategy: AskedStrategy,
  kind: HeadKind,
  backbone: z.object({ name: Name, digest: Digest }),
  taps: z.array(TapSchema),
  channels: ChannelsAnswer.nullable(),
  created: z.string(),
});

export const BackboneAnswer = z.object({
  name: Name,
  digest: Digest,
  default: z.boolean(),
  loaded: z.boolean(),
  title: z.string().optional(),
  licence: z.string().optional(),
  origin: z.string().optional(),
  size: z.number().int().optional(),
  defaultTap: z.string().optional(),
  taps: z
    .record(z.string(), z.object({ op: z.string(), codeLength: z.number().int(), multiplyAdds: z.number() }))
    .optional(),
  /** In which its codes are made, with the quantisation file's digest for integers. */
  arithmetic: z.object({ kind: ArithmeticSchema, quantisation: Digest.nullable() }),
  /** What was measured against float32 when the arithmetic was chosen. */
  figures: AllFiguresSchema,
  /** Memory that its plans hold in this isolate. */
  bytes: z.number().int().nonnegative(),
});
export const BackbonesAnswer = z.object({
  backbones: z.array(BackboneAnswer),
  /** Of this isolate: plans, files and the image decoder together, and what they may come to. */
  memory: z.object({ bytes: z.number().int().nonnegative(), maxBytes: z.number().int().positive() }),
});

export const HealthAnswer = z.object({ status: z.literal('ok') });
export const ReadyAnswer = z.object({
  status: z.enum(['ready', 'starting']),
  checks: z.record(z.string(), z.boolean()),
});
