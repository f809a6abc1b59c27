// Making a backbone of a fine-tuned version: its files go into the bucket here, its name is given by the coordinator.

import { shareBackbone } from '../../lib/codes/index.ts';
import { blobKey, type ShareRequest, type TrainerLine } from '../../lib/contract/index.ts';
import { readSnapshot } from '../../lib/datasets/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { compilePlain } from '../../lib/inference/compile-node.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { progressTeller } from './progress-teller.ts';
import { imagesOf } from './snapshot-images.ts';
import { parsedBackbone, type Workshop } from './strategy-parts.ts';

/** Pictures for ranges, and as many others to measure on. */
const mostPictures = 100;
/** Fewer give ranges that the next picture leaves. */
const leastPictures = 10;

export async function share(
  request: ShareRequest,
  workshop: Pick<Workshop, 'store' | 'backbones' | 'pipeline'>,
  tell: (line: TrainerLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { store, backbones } = workshop;
  const { share: wanted, tail, codeSpaceDocument } = request;
  const { head, version, name } = wanted;
  const backbone = await parsedBackbone(request, backbones);
  const tailFile = await tailFileOf(store, head, tail.graph.digest);
  const pictures = await picturesOf(request, workshop, signal);
  const progressed = progressTeller(tell, 'share');
  // Each picture for ranges is looked at twice.
  const looks = 3 * (pictures?.each ?? 0);
  const current = await shareBackbone(
    { backbone, tail, tailFile, recipe: codeSpaceDocument.recipe },
    {
      name,
      title: `${head}@${version}, fine-tuned from ${backbone.card.title}`.slice(0, 200),
      origin:
        `Fine-tuned from ${request.backbone.name} on the dataset ${request.dataset}; ${backbone.card.origin}`.slice(
          0,
          1024,
        ),
    },
    {
      pictures,
      store,
      compile: compilePlain,
      at: new Date().toISOString(),
      onPicture: (done) =>
        progressed(Math.min(1, done / Math.max(1, looks)), 'measuring integer arithmetics'),
    },
  );
  tell({ type: 'shared', current });
}

async function tailFileOf(store: ObjectStore, head: string, digest: string): Promise<Uint8Array> {
  const object = await store.get(blobKey(head, digest));
  if (!object || (await sha256(object.body)) !== digest)
    throw new HeadwaterError(
      'digest-mismatch',
      `The layers of "${head}" are not in storage as they were published. Train again, and share the new version.`,
    );
  return object.body;
}

/** Pictures of the version's snapshot that are still there: every other one for ranges. Undefined if they are too few. */
async function picturesOf(
  { dataset, snapshot, codeSpaceDocument: { recipe } }: ShareRequest,
  { store, pipeline }: Pick<Workshop, 'store' | 'pipeline'>,
  signal: AbortSignal,
) {
  // Not its codes: those of an image that was erased take others of the snapshot with them.
  const { examples } = await readSnapshot(store, dataset, snapshot);
  const { isThere, read } = await imagesOf(store, dataset);
  const digests = examples.map(({ digest }) => digest).filter(isThere);
  const each = Math.min(mostPictures, digests.length >> 1);
  if (each < leastPictures) return undefined;
  // Digests are sorted, and so in no order that means anything.
  async function* tensors(from: number) {
    for (let i = 0; i < each; i++) {
      if (signal.aborted) throw new HeadwaterError('cancelled', 'The job was given up.');
      yield (await pipeline.toTensor(await read(digests[2 * i + from]!), recipe)).tensor;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { each, forRanges: tensors(0), forFigures: tensors(1) };
}
