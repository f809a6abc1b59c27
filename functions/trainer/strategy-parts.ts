// What a training that reads images works with in this process: the snapshot's photos, the backbone's graph, a device, a
// folder for activations of frozen layers, and a place in the bucket for what it has come to.

import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BackboneLibrary,
  findReference,
  memoryBudgetBytes,
  type ParsedBackbone,
} from '../../lib/codes/index.ts';
import {
  CurrentBackboneSchema,
  checkpointKey,
  currentBackboneKey,
  parseTrainingId,
  type TrainingOptions,
  Ulid,
} from '../../lib/contract/index.ts';
import { readTrainingSet } from '../../lib/datasets/index.ts';
import type { ImagePipeline } from '../../lib/image/index.ts';
import { plainModule } from '../../lib/inference/compile-node.ts';
import { chooseEngine, type Devices } from '../../lib/learning/gradients/device-node.ts';
import type { StrategyParts } from '../../lib/learning/strategies/index.ts';
import { fileCache } from '../../lib/learning/tuning/file-cache-node.ts';
import type { CheckpointStore } from '../../lib/learning/tuning/index.ts';
import type { Linalg } from '../../lib/linalg/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { fromJson } from '../../lib/tensors/index.ts';
import { placeOfRequest, type SpaceRequest } from './request-space.ts';
import { withImages } from './snapshot-images.ts';

/** What the process has. */
export interface Workshop {
  store: ObjectStore;
  backbones: BackboneLibrary;
  pipeline: ImagePipeline;
  linalg: Linalg;
  devices: Promise<Devices>;
  /** Folder for activations; each job has one of its own in it. */
  cacheFolder: string;
  checkpointSeconds?: number | undefined;
  log?(text: string): void;
}

/** What a request says of its job. */
export type PartsRequest = SpaceRequest & {
  job: string;
  dataset: string;
  snapshot: string;
  options: Pick<TrainingOptions, 'device'>;
};

export interface OpenParts {
  parts: StrategyParts;
  /** Examples whose image has been erased since the snapshot. */
  leftOut: number;
  /** Takes the activations away: they are made of images. */
  close(): Promise<void>;
}

/**
 * Parts for one job. A process that takes the job up again, after the one before it was killed, finds its activations.
 *
 * @throws HeadwaterError `code-space-unavailable`, `device-unavailable`, `not-found`, `too-few-examples`
 */
export async function openParts(
  request: PartsRequest,
  { store, backbones, pipeline, linalg, devices, cacheFolder, checkpointSeconds, log }: Workshop,
): Promise<OpenParts> {
  const { start, device } = await chooseEngine(request.options.device, process.env, await devices);
  const backbone = await parsedBackbone(request, backbones);
  const whole = await readTrainingSet(store, request.dataset, request.snapshot);
  const { set, leftOut, image } = await withImages(store, request.dataset, whole);
  const { ulid } = parseTrainingId(request.job);
  const folder = join(cacheFolder, ulid);
  users.set(folder, (users.get(folder) ?? 0) + 1);
  const parts: StrategyParts = {
    ...{ set, image, backbone, pipeline, linalg, device },
    kernels: plainModule(),
    startEngine: start,
    cache: await fileCache(folder),
    checkpoints: checkpointsIn(store, checkpointKey(request.dataset, ulid)),
    ...(checkpointSeconds !== undefined && { checkpointSeconds }),
    warn: (text) => log?.(`${request.job}: ${text}`),
    maxEdgeBytes: memoryBudgetBytes,
    clock: () => performance.now(),
  };
  return { parts, leftOut, close: () => leave(folder) };
}

/** How many works of this process use a folder: one that was told to stop may still be ending beside the next. */
const users = new Map<string, number>();

async function leave(folder: string): Promise<void> {
  const others = users.get(folder)! - 1;
  users.set(folder, others);
  if (others > 0) return;
  users.delete(folder);
  await rm(folder, { recursive: true, force: true });
}

/** The backbone of a request with its graph at hand, in the arithmetic of the request's space. */
export async function parsedBackbone(
  request: SpaceRequest,
  backbones: BackboneLibrary,
): Promise<ParsedBackbone> {
  const { arithmetic } = await placeOfRequest(request, backbones);
  const backbone = await backbones.byDigest(request.backbone.name, request.backbone.digest);
  const { graph, bytes = 0 } = await backbone.materials(null);
  return { ...backbone, arithmetic, graph, bytes };
}

/** What a named set of pictures looks like inside the backbone, if somebody has measured one for this very file. */
export async function referenceOf(store: ObjectStore, { name, digest }: SpaceRequest['backbone']) {
  const object = await store.get(currentBackboneKey(name));
  const current = object && CurrentBackboneSchema.safeParse(fromJson(object.body)).data;
  return current?.digest === digest ? findReference(store, current) : null;
}

function checkpointsIn(store: ObjectStore, key: string): CheckpointStore {
  return {
    load: async () => (await store.get(key))?.body ?? null,
    save: async (bytes) => {
      await store.put(key, bytes);
    },
    clear: () => store.delete(key),
  };
}

const dayMs = 86_400_000;

/**
 * Takes away what jobs have left that nobody has taken up again for a day: activations are made of images, which may have
 * been erased since. What is no job's folder is left alone, whatever the setting names.
 */
export async function sweepCaches(cacheFolder: string, now: number): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  for (const name of await readdir(cacheFolder)) {
    const path = join(cacheFolder, name);
    if (!Ulid.safeParse(name).success || users.has(path)) continue;
    // Gone meanwhile, if another process sweeps the same folder.
    const facts = await stat(path).catch(() => undefined);
    if (facts && now - facts.mtimeMs > dayMs) await rm(path, { recursive: true, force: true });
  }
}
