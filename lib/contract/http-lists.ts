// Requests and answers of lists, of deletions, and of garbage collection.

import { z } from 'zod';
import { cursorOf } from './cursor.ts';
import { HeadKind, Split } from './documents.ts';
import { ChannelsAnswer, TagSchema, VersionSummary } from './http.ts';
import { ErrorDataSchema, JobStatus, JobTask } from './jobs.ts';
import { Digest, Name, Ulid, VersionNumber } from './names.ts';
import { AskedStrategy } from './training-options.ts';

export const maxPageRows = 1000;
export const defaultPageRows = 100;
const limit = z.coerce.number().int().min(1).max(maxPageRows).default(defaultPageRows);
/** Present exactly if there may be more: ask again with it. */
const next = z.string().optional();

export const headCursor = cursorOf('heads', Name);
export const HeadsQuery = z.object({ cursor: headCursor.schema.optional(), limit });
export const HeadRow = z.object({
  head: Name,
  dataset: Name,
  strategy: AskedStrategy,
  kind: HeadKind,
  backbone: z.object({ name: Name, digest: Digest }),
  created: z.string(),
  /** The version that answers; null before the first. */
  stable: VersionNumber.nullable(),
});
/** A row whose document in storage is damaged or not ours. */
const unreadable = { error: ErrorDataSchema };
export const UnreadableHead = z.object({ head: Name, ...unreadable });
export const HeadsAnswer = z.object({ heads: z.array(z.union([HeadRow, UnreadableHead])), cursor: next });
export type HeadsPage = z.infer<typeof HeadsAnswer>;

export const datasetCursor = cursorOf('datasets', Name);
export const DatasetsQuery = z.object({ cursor: datasetCursor.schema.optional(), limit });
export const DatasetRow = z.object({ dataset: Name, heldOutFraction: z.number(), created: z.string() });
export const UnreadableDataset = z.object({ dataset: Name, ...unreadable });
export const DatasetsAnswer = z.object({
  datasets: z.array(z.union([DatasetRow, UnreadableDataset])),
  cursor: next,
});
export type DatasetsPage = z.infer<typeof DatasetsAnswer>;

/** The last training that was told: its dataset and its ULID. */
export const trainingCursor = cursorOf('trainings', z.tuple([Name, Ulid]));
export const TrainingsQuery = z.object({
  cursor: trainingCursor.schema.optional(),
  limit,
  dataset: Name.optional(),
  head: Name.optional(),
});
export const TrainingRow = z.object({
  id: z.string(),
  task: JobTask,
  /** Null where no head is trained. */
  head: Name.nullable(),
  dataset: Name,
  status: JobStatus,
  phase: z.enum(['codes', 'training', 'committing']).nullable(),
  progress: z.number().min(0).max(1),
  note: z.string().optional(),
  version: VersionNumber.optional(),
  error: ErrorDataSchema.optional(),
  reason: z.string().optional(),
  created: z.string(),
  ended: z.string().nullable(),
});
export const UnreadableTraining = z.object({ id: z.string(), dataset: Name, ...unreadable });
export const TrainingsAnswer = z.object({
  trainings: z.array(z.union([TrainingRow, UnreadableTraining])),
  cursor: next,
});
export type TrainingsPage = z.infer<typeof TrainingsAnswer>;

export const exampleCursor = cursorOf('examples', Digest);
export const ExamplesQuery = z.object({
  cursor: exampleCursor.schema.optional(),
  limit,
  label: Name.optional(),
  subject: TagSchema.optional(),
});
export type ExamplesQueryData = z.infer<typeof ExamplesQuery>;
export const ExamplesAnswer = z.object({
  examples: z.array(
    z.object({
      digest: Digest,
      label: Name,
      group: z.string().nullable(),
      subject: z.string().nullable(),
      split: Split,
      bytes: z.number().int().nonnegative(),
      uploaded: z.string(),
    }),
  ),
  cursor: next,
});

export const versionCursor = cursorOf('versions', VersionNumber);
export const VersionsQuery = z.object({ cursor: versionCursor.schema.optional(), limit });
export const UnreadableVersion = z.object({ version: VersionNumber, ...unreadable });
export const VersionsAnswer = z.object({
  head: Name,
  versions: z.array(z.union([VersionSummary, UnreadableVersion])),
  channels: ChannelsAnswer.nullable(),
  cursor: next,
});
export type VersionRow = z.infer<typeof VersionSummary> | z.infer<typeof UnreadableVersion>;

/** A deletion that goes on behind the answer. */
export const DeletingAnswer = z.object({
  dataset: Name,
  /** Objects deleted so far. */
  deleted: z.number().int().nonnegative(),
});

export const EraseQuery = z.object({ subject: TagSchema });
export const ErasedAnswer = z.object({
  erased: z.number().int().nonnegative(),
  /** Versions whose training had seen one of the images; `certain` is false where their snapshot cannot be read. */
  versions: z.array(z.object({ head: Name, version: VersionNumber, certain: z.boolean() })),
  /** Trainings under way that may still learn from them. */
  trainings: z.array(z.string()),
  /** Codes stay in the bucket until the training that runs has ended. */
  codesPending: z.boolean(),
});
export type ErasedData = z.infer<typeof ErasedAnswer>;

/** Nothing younger is garbage: a training or an upload under way may be about to point at it. */
export const minGraceSeconds = 15 * 60;
export const defaultGraceSeconds = 24 * 3600;
/** How long the record of a training that has ended is kept. */
export const defaultJobDays = 90;

export const GarbageRequest = z.strictObject({
  graceSeconds: z
    .number()
    .int()
    .min(minGraceSeconds)
    .max(3650 * 86_400)
    .default(defaultGraceSeconds),
  /** Only tell what would be deleted. */
  dryRun: z.boolean().default(false),
  /** Codes of spaces that no head and not the default backbone need, too. */
  spaces: z.boolean().default(false),
  jobDays: z.number().int().min(1).max(3650).default(defaultJobDays),
});
export type GarbageRequestData = z.infer<typeof GarbageRequest>;

export const GarbageKind = z.enum(['blobs', 'snapshots', 'segments', 'spaces', 'examples', 'jobs', 'heads']);
export type GarbageKindName = z.infer<typeof GarbageKind>;
const amount = { objects: z.number().int().nonnegative(), bytes: z.number().nonnegative() };
export const GarbageAnswer = z.object({
  dryRun: z.boolean(),
  ...amount,
  byKind: z.partialRecord(GarbageKind, z.object(amount)),
  /** The first thousand. */
  keys: z.array(z.string()),
  /** What was left alone this time, and why. */
  skipped: z.array(z.object({ kind: GarbageKind, reason: z.string() })),
});
export type GarbageData = z.infer<typeof GarbageAnswer>;
/** Keys that an answer names at most. */
export const maxGarbageKeys = 1000;
