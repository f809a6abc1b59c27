// A few real photographs through a real network: fine-tuned, published, and run as an edge runs it.

import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hasHymenoptera, photos } from '../../../test/support/hymenoptera.ts';
import { makeBackbone, parseBackbone } from '../../codes/index.ts';
import { importOnnx } from '../../graph/import/index.ts';
import { loadImagePipeline } from '../../image/image-node.ts';
import { compilePlain, plainModule } from '../../inference/compile-node.ts';
import { loadLinalg } from '../../linalg/linalg-node.ts';
import { sha256 } from '../../tensors/index.ts';
import { worldOf } from './testing.ts';
import { trainStrategy } from './train-strategy.ts';

const file = '../shared/backbones/mobilenet-v1-0.25-128-imagenet-onnx-derived/mobilenet_v1_0.25_128.onnx';
const recipe = {
  size: 128,
  fit: 'stretch' as const,
  channelOrder: 'rgb' as const,
  mean: [127.5, 127.5, 127.5] as [number, number, number],
  scale: [1 / 127.5, 1 / 127.5, 1 / 127.5] as [number, number, number],
};

it.skipIf(!hasHymenoptera || !existsSync(file))(
  'fine-tunes the last layers on 32 photographs (skipped without ../shared)',
  async () => {
    const { graph } = importOnnx(new Uint8Array(readFileSync(file)), { recipe });
    const facts = { name: 'v1', title: 'MobileNet', licence: 'Apache-2.0', origin: 'a test', recipe };
    const made = await makeBackbone(graph, facts, compilePlain);
    const backbone = parseBackbone(made.file, 'v1', made.digest);
    const some = (split: 'train' | 'val', each: number) => {
      const all = photos(split);
      return ['ants', 'bees'].flatMap((label) => all.filter((photo) => photo.label === label).slice(0, each));
    };
    const taken = [...some('train', 10), ...some('val', 6)];
    const { parts, request } = await worldOf(backbone, {
      image: async (i) => taken[i]!.bytes,
      pipeline: await loadImagePipeline(),
      kernels: plainModule(),
      linalg: await loadLinalg(),
      set: {
        labels: Int32Array.from(taken, ({ label }) => +(label === 'bees')),
        labelNames: ['ants', 'bees'],
        groups: taken.map(() => null),
        split: taken.map((_, i) => (i < 20 ? 'train' : 'heldout')),
        digests: await Promise.all(taken.map(({ bytes }) => sha256(bytes))),
      },
    });
    const { result } = await trainStrategy(request('fine-tune-top'), parts);
    const { accuracy, linear } = {
      accuracy: result.report.heldOut!.accuracy,
      linear: result.report.linear as { accuracy: number },
    };
    expect(accuracy).toBeGreaterThanOrEqual(linear.accuracy - 1 / 12);
    expect(result.tail!.memoryBytes).toBeLessThan(2 ** 20);
    expect(result.report.tuning).toMatchObject({ frozen: expect.any(Number), curves: expect.any(Array) });
  },
);
