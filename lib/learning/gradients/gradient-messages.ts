// What a thread or a process that computes shards is told, and what it answers: plain data.

import { type ErrorData, toErrorData } from '../../errors/index.ts';
import type { ShardSums } from './reduce-shards.ts';
import type { Shard } from './shard-engine.ts';

export type ThreadTask =
  /** `gradients` is shared: the thread writes its sums there. */
  { kind: 'gradients'; shard: Shard; gradients: Float32Array } | { kind: 'logits'; shard: Shard };

/** The first says that the model stands; then one for each task. */
export type ThreadAnswer =
  | { answer: ShardSums | Float32Array | null }
  /** `cause`: the text of what is not ours, for the log. */
  | { error: ErrorData; cause: string };

export function failure(error: unknown): { error: ErrorData; cause: string } {
  return { error: toErrorData(error), cause: error instanceof Error ? String(error.stack) : String(error) };
}
