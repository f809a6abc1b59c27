// A frozen dataset of made-up codes in a bucket, and the request for a training on it: for tests in Node and in
// workerd alike. Nothing but tests imports this.

import {
  segmentKey,
  snapshotKey,
  type TrainRequest,
  TrainRequestSchema,
} from '../../../../lib/contract/index.ts';
import {
  buildSnapshot,
  encodeSnapshot,
  type SegmentPlace,
  writeSegment,
} from '../../../../lib/datasets/index.ts';
import { makeSynthetic } from '../../../../lib/learning/fixtures/synthetic.ts';
import type { ObjectStore } from '../../../../lib/storage/index.ts';
import { sha256, toFloat16 } from '../../../../lib/tensors/index.ts';

const dataset = 'frozen';
const codeSpace = 'c'.repeat(64);
const codeSpaceDocument = {
  backbone: 'b'.repeat(64),
  taps: [{ op: 'relu', pooling: 'avg', pre: false }],
  arithmetic: { kind: 'float32', quantisation: null, kernel: 'test' },
  recipe: { size: 8, fit: 'stretch', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  imagePipeline: 'test',
};
const ulids = ['01HZ0000000000000000000001', '01HZ0000000000000000000002'];

/** Puts `n` codes of length `dims` in `classes` classes into two segments and a snapshot. */
export async function freezeSynthetic(
  store: ObjectStore,
  { n, dims, classes }: { n: number; dims: number; classes: number },
): Promise<TrainRequest> {
  const { codes, labels, labelNames } = makeSynthetic(n, dims, classes, 11);
  const digests = await Promise.all(Array.from({ length: n }, (_, i) => sha256(`image ${i}`)));
  const places = new Map<string, SegmentPlace>();
  const segments = [];
  const half = Math.ceil(n / 2);
  for (const [part, ulid] of ulids.entries()) {
    const [from, to] = [part * half, Math.min(n, (part + 1) * half)];
    for (let i = from; i < to; i++) places.set(digests[i]!, { ulid, row: i - from });
    const bytes = writeSegment({
      codeSpace,
      dims,
      digests: digests.slice(from, to),
      codes: toFloat16(codes.subarray(from * dims, to * dims)),
    });
    await store.put(segmentKey(dataset, codeSpace, ulid), bytes);
    segments.push({ ulid, sha256: await sha256(bytes) });
  }
  const examples = digests.map((digest, i) => ({
    digest,
    label: labelNames[labels[i]!]!,
    extension: 'png',
    bytes: 1,
    group: null,
    subject: null,
    split: i % 5 === 4 ? ('heldout' as const) : ('train' as const),
    uploaded: i,
  }));
  const { bytes, digest } = await encodeSnapshot(
    buildSnapshot(dataset, codeSpace, examples, places, segments),
  );
  await store.put(snapshotKey(dataset, digest), bytes);
  return TrainRequestSchema.parse({
    job: 'job',
    epoch: 1,
    head: 'head',
    dataset,
    strategy: 'linear',
    kind: 'softmax',
    seed: 5,
    snapshot: digest,
    codeSpace,
    codeSpaceDocument,
    backbone: { name: 'net', digest: codeSpaceDocument.backbone },
  });
}
