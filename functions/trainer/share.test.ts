import { expect, it } from 'vitest';
import {
  codeSpaceOf,
  createBackboneLibrary,
  createMemoryBudget,
  publishBackbone,
} from '../../lib/codes/index.ts';
import { makeTail } from '../../lib/codes/testing/tail-node.ts';
import { makeTiny } from '../../lib/codes/testing/tiny-node.ts';
import { blobKey, codesPrefix, type TapData, type TrainerLine } from '../../lib/contract/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { listAll, memoryStore } from '../../lib/storage/index.ts';
import { share } from './share.ts';
import { dataset, putSnapshot } from './testing/trainer-node.ts';

const from: TapData = { op: 'relu', pooling: 'none', pre: false };

it('makes a backbone of a version whose pictures and codes have been erased since', async () => {
  const store = memoryStore();
  const sleep = () => Promise.resolve();
  const { digest, file } = await makeTiny(1, 8);
  await publishBackbone(store, { name: 'tiny', digest, file }, '2026-01-02T03:04:05.000Z');
  const memory = createMemoryBudget({ clock: Date.now, sleep });
  const backbones = createBackboneLibrary({ store, memory, clock: Date.now, sleep });
  const space = codeSpaceOf(await backbones.byName('tiny'), [from]);
  const { size } = space.recipe;
  const tail = await makeTail({ seed: 2, from, inputShape: [size, size, 8] });
  await store.put(blobKey('birds', tail.document.graph.digest), tail.graphFile);
  const request = await putSnapshot(store, 20, space, { name: 'tiny', digest });
  for await (const { key } of listAll(store, codesPrefix(dataset))) await store.delete([key]);

  const told: TrainerLine[] = [];
  await share(
    { ...request, tail: tail.document, share: { name: 'birds-net', head: 'birds', version: 1 } },
    { store, backbones, pipeline: await loadImagePipeline() },
    (line) => told.push(line),
    new AbortController().signal,
  );
  expect(told.at(-1)).toMatchObject({
    type: 'shared',
    current: { name: 'birds-net', arithmetic: 'float32', quantisation: null },
  });
});
