// One cell of the tables: a strategy trained on the taught pictures of a fold, and what the published version says of the
// judged ones: the artefact as an edge runs it, not the model that the trainer held.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CodePlace,
  createCoder,
  createMemoryBudget,
  createTurnstile,
  defaultTapOf,
  memoryBudgetBytes,
  namedCodeSpace,
  type ParsedBackbone,
  placeOf,
  placeOfSpace,
  tailPlaceOf,
} from '../../lib/codes/index.ts';
import {
  type AskedStrategyName,
  blobKey,
  type TrainRequest,
  TrainRequestSchema,
  type TrainResult,
  type Tuning,
} from '../../lib/contract/index.ts';
import { splitOf } from '../../lib/datasets/index.ts';
import { predict, readHead } from '../../lib/heads/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { compile, plainModule, startProgram } from '../../lib/inference/compile-node.ts';
import { adviseDataset } from '../../lib/learning/evidence/index.ts';
import { cpuName, startCpuEngine } from '../../lib/learning/gradients/cpu-engine-node.ts';
import type { LabelledCodes } from '../../lib/learning/index.ts';
import { type StrategyParts, trainStrategy } from '../../lib/learning/strategies/index.ts';
import { fileCache } from '../../lib/learning/tuning/file-cache-node.ts';
import { memoryCache } from '../../lib/learning/tuning/index.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { fromFloat16, sha256, toFloat16 } from '../../lib/tensors/index.ts';
import type { Picture } from './datasets.ts';
import type { Fold } from './folds.ts';
import type { Network } from './networks.ts';

/** What is asked of a cell; its figures are kept under it. */
export interface CellRequest {
  network: string;
  set: string;
  strategy: AskedStrategyName;
  folds: number;
  repeat: number;
  fold: number;
  seed: number;
  tuning?: Tuning;
}

export interface CellFigures {
  /** By the picture's id: whether its label was named. */
  right: Record<string, boolean>;
  /** What was published: `auto` chooses. */
  strategy: TrainResult['strategy'];
  report: TrainResult['report'];
  seconds: number;
  device: string;
}

const linalg = await loadLinalg();
const pipeline = await loadImagePipeline();
const time = {
  clock: Date.now,
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};
const coder = createCoder({
  pipeline,
  compile,
  startProgram,
  memory: createMemoryBudget({ ...time, maxBytes: 2 ** 30 }),
  turnstile: createTurnstile({ ...time, maxWaitMs: 600_000, maxWaiting: 1 }),
});
/** Codes that several cells need, by place and picture. */
const known = new Map<string, Float32Array>();

/** Trains and judges. */
export async function runCell(
  request: CellRequest,
  { backbone, reference }: Network,
  { taught, judged }: Fold,
  onProgress: (progress: number, note?: string) => void,
): Promise<CellFigures> {
  const cachePath = mkdtempSync(join(tmpdir(), 'headwater-results-'));
  try {
    const began = performance.now();
    const parts = await partsOf(backbone, reference, taught, cachePath);
    const asked = await trainRequest(request, backbone, taught);
    const { blobs, result } = await trainStrategy(asked, parts, { onProgress });
    const seconds = (performance.now() - began) / 1000;
    const store = memoryStore();
    for (const { digest, bytes } of blobs) await store.put(blobKey('head', digest), bytes);
    const trunk = placeOfSpace(backbone, result.codeSpaceDocument, 'serve');
    const place = result.tail ? { ...trunk, tail: tailPlaceOf('head', result.tail, store) } : trunk;
    const head = readHead(blobs.find(({ digest }) => digest === result.blob.digest)!.bytes);
    const right: CellFigures['right'] = {};
    for (const picture of judged) {
      const { code } = await coder.code(picture.bytes(), place);
      right[picture.id] = predict(head, code, 1)[0]!.label === picture.label;
    }
    return { right, strategy: result.strategy, report: result.report, seconds, device: cpuName() };
  } finally {
    rmSync(cachePath, { recursive: true, force: true });
  }
}

/** Advice on a set of pictures and a network, as the trainer gives it. */
export async function runAdvice(
  pair: { network: string; set: string },
  { backbone, reference }: Network,
  pictures: Picture[],
) {
  const request = await trainRequest({ ...pair, strategy: 'linear', seed: 0 }, backbone, pictures);
  return adviseDataset(request, await partsOf(backbone, reference, pictures, ''), {});
}

async function trainRequest(
  { network, strategy, seed, tuning }: Pick<CellRequest, 'network' | 'strategy' | 'seed' | 'tuning'>,
  backbone: ParsedBackbone,
  taught: Picture[],
): Promise<TrainRequest> {
  const { space, digest: codeSpace } = await namedCodeSpace(backbone, [defaultTapOf(backbone)]);
  return TrainRequestSchema.parse({
    job: 'results',
    epoch: 1,
    head: 'head',
    dataset: 'results',
    strategy,
    kind: 'softmax',
    seed,
    snapshot: await sha256(taught.map(({ id }) => id).join('\n')),
    codeSpace,
    codeSpaceDocument: space,
    backbone: { name: network, digest: backbone.digest },
    options: { strategy, device: 'cpu', tuning },
  });
}

async function partsOf(
  backbone: ParsedBackbone,
  reference: Network['reference'],
  taught: Picture[],
  cachePath: string,
): Promise<StrategyParts & { reference: Network['reference'] }> {
  return {
    set: await labelledCodes(taught, placeOf(backbone)),
    image: async (i) => taught[i]!.bytes(),
    backbone,
    reference,
    pipeline,
    kernels: plainModule(),
    linalg,
    startEngine: startCpuEngine,
    device: { kind: 'cpu', name: cpuName() },
    cache: cachePath ? await fileCache(cachePath, { maxBytes: 20 * 2 ** 30 }) : memoryCache(),
    checkpoints: { load: async () => null, save: async () => {}, clear: async () => {} },
    maxEdgeBytes: memoryBudgetBytes,
    clock: () => performance.now(),
  };
}

/** As a snapshot has them: codes in float16, a fifth held out by the pictures' own digests. */
async function labelledCodes(pictures: Picture[], place: CodePlace): Promise<LabelledCodes> {
  const labelNames = [...new Set(pictures.map(({ label }) => label))].sort();
  const rows: Float32Array[] = [];
  const digests: string[] = [];
  for (const picture of pictures) {
    const key = `${place.backbone.digest} ${picture.label} ${picture.id}`;
    const code = known.get(key) ?? fromFloat16(toFloat16((await coder.code(picture.bytes(), place)).code));
    known.set(key, code);
    rows.push(code);
    digests.push(await sha256(picture.bytes()));
  }
  const dims = rows[0]!.length;
  const codes = new Float32Array(rows.length * dims);
  rows.forEach((row, i) => {
    codes.set(row, i * dims);
  });
  return {
    codes,
    dims,
    labels: Int32Array.from(pictures, ({ label }) => labelNames.indexOf(label)),
    labelNames,
    groups: pictures.map(() => null),
    split: await Promise.all(digests.map((digest) => splitOf({ digest, group: null }, 0.2))),
    digests,
  };
}
