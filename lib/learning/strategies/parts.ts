// What a training by any strategy works with, and how it tells how far it is. Everything that touches the world (photos,
// threads, files, the clock) comes in here, so that the strategies themselves are plain functions.

import type { ParsedBackbone, ReferenceStatistics } from '../../codes/index.ts';
import type { TrainResult } from '../../contract/index.ts';
import type { ImagePipeline } from '../../image/index.ts';
import type { Linalg } from '../../linalg/index.ts';
import type { DeviceFacts, StartEngine } from '../gradients/gradient-engine.ts';
import type { LabelledCodes } from '../train-head.ts';
import type { ArrayCache, CheckpointStore } from '../tuning/inputs.ts';

export interface StrategyParts {
  /** The snapshot in the request's own code space. */
  set: LabelledCodes;
  /** Bytes of example i of the set. */
  image(i: number): Promise<Uint8Array>;
  backbone: ParsedBackbone;
  pipeline: ImagePipeline;
  /** The inference kernels' plain build, whose bits are the same on every CPU, so that a training repeats anywhere. */
  kernels: WebAssembly.Module;
  linalg: Linalg;
  startEngine: StartEngine;
  device: DeviceFacts;
  /** For activations of frozen layers. */
  cache: ArrayCache;
  checkpoints: CheckpointStore;
  /** Between two checkpoints; left out, the settings' own. */
  checkpointSeconds?: number;
  /** Memory that an edge has for plans: `memoryBudgetBytes` of lib/codes. */
  maxEdgeBytes: number;
  /** Hears of what costs nothing yet and might: a checkpoint that could not be saved. */
  warn?(text: string): void;
  /** Milliseconds, for the report. */
  clock(): number;
  /** What the backbone makes of the photographs of a named set, for the advice that `auto` follows; null or left out where
   *  nobody has measured it. */
  reference?: ReferenceStatistics | null;
}

export interface StrategyRun {
  /** Called with 0..1, never falling, and perhaps with where it stands in words. */
  onProgress?: (progress: number, note?: string) => void;
  /** Called between steps; a promise is awaited, so that others can have the thread. */
  pause?: () => void | Promise<void>;
  signal?: { readonly aborted: boolean };
}

/** What is to be stored, each under its digest, and the result that names it. */
export interface Trained {
  blobs: { digest: string; bytes: Uint8Array }[];
  result: TrainResult;
}

/** A run whose progress is a share of the whole; `note` is said wherever the part says nothing of its own. */
export function partOf(run: StrategyRun, start: number, share: number, note?: string): StrategyRun {
  const { onProgress, ...rest } = run;
  return { ...rest, onProgress: (progress, own) => onProgress?.(start + share * progress, own ?? note) };
}
