// A trainer over a bucket in memory, with a dataset to train on. Nothing but tests imports this.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createBackboneLibrary,
  createCoder,
  createMemoryBudget,
  createTurnstile,
} from '../../../lib/codes/index.ts';
import {
  type CodeSpace,
  codeSpaceDigest,
  type ExampleRow,
  segmentKey,
  snapshotKey,
  type TrainerLine,
  TrainerLineSchema,
  TrainingOptionsSchema,
  type TrainRequest,
} from '../../../lib/contract/index.ts';
import { buildSnapshot, encodeSnapshot, writeSegment } from '../../../lib/datasets/index.ts';
import { loadImagePipeline } from '../../../lib/image/image-node.ts';
import { compile } from '../../../lib/inference/compile-node.ts';
import { loadLinalg } from '../../../lib/linalg/linalg-node.ts';
import { memoryStore, type ObjectStore } from '../../../lib/storage/index.ts';
import { sha256, toFloat16, toJson } from '../../../lib/tensors/index.ts';
import { generateSigningKeys, importSigner, importVerifier, signRequest } from '../../../lib/trust/index.ts';
import { adviseOn } from '../advise.ts';
import { createApp } from '../app.ts';
import { fill } from '../fill.ts';
import { share } from '../share.ts';
import { train } from '../train.ts';
import { createWorkBoard } from '../work-board.ts';

export const dataset = 'ds';
const keys = await generateSigningKeys();
export const signer = await importSigner(keys.requests);
/** Of a machine without a GPU. */
export const devices = {
  cpu: { name: 'test processor', threads: 2 },
  gpu: null,
  refused: 'no Vulkan adapter was found.',
};
const linalg = await loadLinalg();
const pipeline = await loadImagePipeline();
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function createTrainer(store: ObjectStore = memoryStore()) {
  const turnstile = createTurnstile({ clock: Date.now, sleep, maxWaitMs: 60_000, maxWaiting: 10 });
  const memory = createMemoryBudget({ clock: Date.now, sleep });
  const coder = createCoder({ pipeline, compile, memory, turnstile });
  const backbones = createBackboneLibrary({ store, memory, clock: Date.now, sleep });
  const workshop = {
    ...{ store, backbones, pipeline, linalg, devices: Promise.resolve(devices) },
    cacheFolder: await mkdtemp(join(tmpdir(), 'headwater-trainer-')),
  };
  /** How often each kind of work was begun. */
  const begun = { train: 0, fill: 0 };
  const app = createApp({
    verifier: await importVerifier([keys.requests]),
    board: createWorkBoard(() => {}),
    train: (request) => (tell, signal) => {
      begun.train++;
      return train(request, workshop, tell, signal);
    },
    fill: (request) => (tell, signal) => {
      begun.fill++;
      return fill(request, { store, coder, backbones }, tell, signal);
    },
    advise: (request) => (tell, signal) => adviseOn(request, workshop, tell, signal),
    share: (request) => (tell, signal) => share(request, workshop, tell, signal),
    devices: workshop.devices,
    clock: Date.now,
    heartbeatMs: 5,
  });
  return { store, coder, backbones, begun, app, cacheFolder: workshop.cacheFolder };
}

/** A request as control signs it. */
export async function signed(path: string, body: unknown, now = Date.now()): Promise<Request> {
  const bytes = toJson(body);
  const headers = await signRequest({ method: 'POST', path, body: bytes }, signer, now);
  return new Request(`http://trainer.test${path}`, { method: 'POST', headers, body: bytes });
}

/** The lines of an answer, heartbeats left out; reads until `enough`. */
export async function linesOf(
  response: Response,
  enough: (line: TrainerLine) => boolean = () => false,
): Promise<TrainerLine[]> {
  const lines: TrainerLine[] = [];
  let rest = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const line = TrainerLineSchema.parse(JSON.parse(part));
      if (line.type !== 'heartbeat') lines.push(line);
      if (enough(line)) return lines;
    }
  }
  return lines;
}

const madeUpSpace: CodeSpace = {
  backbone: '0'.repeat(64),
  taps: [{ op: 'relu', pooling: 'avg', pre: false }],
  arithmetic: { kind: 'float32', quantisation: null, kernel: 'test' },
  recipe: { size: 8, fit: 'stretch', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  imagePipeline: 'test',
};

/** Puts a snapshot of `n` examples of two labels into the bucket, told apart by their codes of four numbers. */
export async function putSnapshot(
  store: ObjectStore,
  n = 60,
  codeSpaceDocument = madeUpSpace,
  backbone = { name: 'net', digest: madeUpSpace.backbone },
): Promise<TrainRequest> {
  const codeSpace = await codeSpaceDigest(codeSpaceDocument);
  const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const examples: ExampleRow[] = [];
  for (let i = 0; i < n; i++)
    examples.push({
      digest: await sha256(`image ${i}`),
      label: i % 2 ? 'odd' : 'even',
      extension: 'png',
      bytes: 1,
      group: null,
      subject: null,
      split: i % 5 === 0 ? 'heldout' : 'train',
      uploaded: i,
    });
  const values = examples.flatMap((_, i) => [i % 2, Math.sin(i), Math.cos(3 * i), Math.sin(7 * i)]);
  const digests = examples.map(({ digest }) => digest);
  const codes = toFloat16(Float32Array.from(values));
  const bytes = writeSegment({ codeSpace, dims: 4, digests, codes });
  await store.put(segmentKey(dataset, codeSpace, ulid), bytes);
  const places = new Map(digests.map((digest, row) => [digest, { ulid, row }]));
  const snapshot = buildSnapshot(dataset, codeSpace, examples, places, [
    { ulid, sha256: await sha256(bytes) },
  ]);
  const encoded = await encodeSnapshot(snapshot);
  await store.put(snapshotKey(dataset, encoded.digest), encoded.bytes);
  return {
    job: 'job-1',
    epoch: 1,
    head: 'birds',
    dataset,
    strategy: 'linear',
    kind: 'softmax',
    seed: 0,
    snapshot: encoded.digest,
    codeSpace,
    codeSpaceDocument,
    backbone,
    options: TrainingOptionsSchema.parse({}),
    start: null,
  };
}
