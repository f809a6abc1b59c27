// What a training gives its strategy to work with.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import {
  codeSpaceOf,
  createBackboneLibrary,
  createMemoryBudget,
  defaultTapOf,
  publishBackbone,
  writeReferenceFile,
} from '../../lib/codes/index.ts';
import { exampleKey, trainingId } from '../../lib/contract/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { stagesBackbone } from '../../lib/learning/evidence/testing.ts';
import type { StrategyParts } from '../../lib/learning/strategies/index.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { dataset, devices, putSnapshot } from './testing/trainer-node.ts';
import { train } from './train.ts';

const seen: StrategyParts[] = [];
vi.mock('../../lib/learning/strategies/index.ts', () => ({
  trainStrategy: (_request: unknown, parts: StrategyParts) => {
    seen.push(parts);
    return Promise.reject(new Error('seen enough'));
  },
}));

it('follows, with auto, advice that compares with the reference pictures of the backbone', async () => {
  const store = memoryStore();
  const { digest, file } = await stagesBackbone(null);
  const places = new Map([['place', { mean: Float64Array.of(1), variance: Float64Array.of(2) }]]);
  const reference = writeReferenceFile({ backbone: digest, name: 'photographs', images: 400, places });
  await publishBackbone(
    store,
    { name: 'stages', digest, file, reference: { digest: await sha256(reference), file: reference } },
    '2026-01-02T03:04:05.000Z',
  );
  const sleep = () => Promise.resolve();
  const memory = createMemoryBudget({ clock: Date.now, sleep });
  const backbones = createBackboneLibrary({ store, memory, clock: Date.now, sleep });
  const backbone = await backbones.byName('stages');
  const space = codeSpaceOf(backbone, [defaultTapOf(backbone)]);
  const request = await putSnapshot(store, 20, space, { name: 'stages', digest });
  for (let i = 0; i < 20; i++)
    await store.put(
      exampleKey(dataset, i % 2 ? 'odd' : 'even', await sha256(`image ${i}`), 'png'),
      new TextEncoder().encode(`image ${i}`),
    );
  const workshop = {
    ...{ store, backbones, pipeline: await loadImagePipeline(), linalg: await loadLinalg() },
    devices: Promise.resolve(devices),
    cacheFolder: await mkdtemp(join(tmpdir(), 'headwater-train-')),
  };
  const job = trainingId(dataset, '01ARZ3NDEKTSV4RRFFQ69G5FAV');
  const auto = { ...request, job, strategy: 'auto' as const };
  await expect(train(auto, workshop, () => {}, new AbortController().signal)).rejects.toThrow('seen enough');
  expect(seen[0]!.reference).toMatchObject({ name: 'photographs', images: 400 });
});
