// The two Workers' typed RPC. Calls answer a Result, not an exception, because RPC carries only an error's
// message across and Headwater's errors are more than that.

import { type ErrorData, fromErrorData, HeadwaterError, toErrorData } from '../errors/index.ts';
import type { CodeSpace, TapData } from './code-space.ts';
import type { SplitName } from './documents.ts';
import type { ChannelsData, TrainingData, TrainingRequestData } from './http.ts';
import type { AdviceRpc } from './rpc-advice.ts';
import type { EndsRpc } from './rpc-ends.ts';
import type { KeyVaultRpc } from './rpc-keys.ts';

export type Result<T> = { ok: true; value: T } | { ok: false; error: ErrorData };

/** Runs `work` and turns what it throws into a Result; what is not a HeadwaterError goes to `report`. */
export async function result<T>(
  work: () => Promise<T>,
  report: (error: unknown) => void,
): Promise<Result<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof HeadwaterError)) report(error);
    return { ok: false, error: toErrorData(error) };
  }
}

/** The value of a Result, or its error thrown. */
export function unwrap<T>(answer: Result<T>): T {
  if (answer.ok) return answer.value;
  throw fromErrorData(answer.error);
}

/** One image as the edge hands it over once it lies in the bucket. */
export interface TaughtExample {
  digest: string;
  label: string;
  extension: string;
  bytes: number;
  group: string | null;
  subject: string | null;
  /** When it was uploaded, in milliseconds since 1970; stands in the object's metadata too. */
  uploaded: number;
}

/** A code with the name of its space: float16 little-endian bits. */
export interface TaughtCode {
  codeSpace: string;
  dims: number;
  code: Uint8Array;
}

export interface ExampleRow extends TaughtExample {
  split: SplitName;
}

export interface DatasetSummary {
  dataset: string;
  labels: Record<string, number>;
  examples: number;
  heldOut: number;
}

/** The backbone and space that a training is to use, resolved by the edge, which has the backbone at hand. */
export interface HeadTarget {
  backbone: { name: string; digest: string };
  taps: TapData[];
  codeSpace: CodeSpace;
}

export interface TeachOutcome {
  created: boolean;
  movedFrom: string | null;
  /** The object was being deleted while it was uploaded: upload it again and hand it over again. */
  gone?: boolean;
}

/** What control offers to the edge, and to nobody else. What is asked for twice under the same `claim`, the ULID of
 *  an Idempotency-Key's claim, is done once. */
export interface ControlRpc extends KeyVaultRpc, EndsRpc, AdviceRpc {
  teach(dataset: string, example: TaughtExample, codes: TaughtCode[]): Promise<Result<TeachOutcome>>;
  dataset(dataset: string): Promise<Result<DatasetSummary>>;
  example(dataset: string, digest: string): Promise<Result<ExampleRow | null>>;
  deleteExample(dataset: string, label: string, digest: string): Promise<Result<boolean>>;
  rebuild(dataset: string): Promise<Result<{ examples: number; codes: number }>>;
  /** A head that does not exist yet is created with `target`; an existing one must agree with it. */
  train(
    head: string,
    request: TrainingRequestData,
    target: HeadTarget,
    claim?: string,
  ): Promise<Result<TrainingData>>;
  /** Makes the codes that a dataset lacks in `target`'s space; watched and cancelled as a training. */
  reindex(dataset: string, target: HeadTarget, claim?: string): Promise<Result<TrainingData>>;
  training(id: string): Promise<Result<TrainingData>>;
  cancel(id: string): Promise<Result<TrainingData>>;
  promote(head: string, version: number, claim?: string): Promise<Result<ChannelsData>>;
  rollback(
    head: string,
    version: number | null,
    reason: string,
    claim?: string,
  ): Promise<Result<ChannelsData>>;
  /** The highest channel sequence that this head has had; 0 if it has none. */
  sequence(dataset: string, head: string): Promise<Result<number>>;
}
