import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadImagePipeline } from '../../image/image-node.ts';
import { compile } from '../../inference/compile-node.ts';
import { type Recipe, resolveTap, type Tap } from '../index.ts';
import { averaged, cosine } from '../testing.ts';
import { importOnnx } from './onnx.ts';
import { oracleOf, toNchw, toNhwc } from './onnx-oracle.ts';
import { readOnnx } from './read-onnx-node.ts';

const shared = fileURLToPath(new URL('../../../../shared', import.meta.url));
const photos = `${shared}/data/hymenoptera/val`;
const coral = {
  channelOrder: 'rgb',
  mean: [128, 128, 128],
  scale: [1 / 128, 1 / 128, 1 / 128],
} satisfies Partial<Recipe>;

/** `inner` is the ONNX value that `final` must be, `scores` the last layer before the softmax. */
const cases = [
  {
    path: 'mobilenet-v2-1.0-imagenet-onnx-derived/mobilenet_v2_1.0_224.onnx',
    recipe: coral,
    size: 224,
    inner: 't168',
    codeLength: 1280,
    scores: 't171',
    probabilities: 'probabilities',
    aliases: ['block_14_expand', 'block_6_project', 'conv'],
  },
  {
    path: 'mobilenet-v1-0.25-128-imagenet-onnx-derived/mobilenet_v1_0.25_128.onnx',
    recipe: coral,
    size: 128,
    inner: 't83',
    codeLength: 256,
    scores: 't86',
    probabilities: 'probabilities',
    aliases: ['t51'],
  },
  {
    path: 'squeezenet-v1.1-onnx-fp16/SqueezeNet_fp16.onnx',
    recipe: { channelOrder: 'bgr', mean: [104, 117, 123], scale: [1, 1, 1] } satisfies Partial<Recipe>,
    size: 224,
    inner: 'fire9/concat_1',
    codeLength: 512,
    scores: 'pool10_1',
    probabilities: 'softmaxout_1',
    aliases: [],
  },
];

const present = existsSync(photos) && cases.every(({ path }) => existsSync(`${shared}/backbones/${path}`));

describe.skipIf(!present).each(cases)(
  '$path (skipped where ../shared is absent)',
  ({ path, recipe, size, inner, codeLength, scores, probabilities, aliases }) => {
    const file = `${shared}/backbones/${path}`;

    it('has its input size, and `final` before its class scores', async () => {
      const { bytes, external } = await readOnnx(file);
      const imported = importOnnx(bytes, { recipe, external });
      expect(imported.recipe).toMatchObject({ size, ...recipe });
      expect(imported.graph.taps.final).toEqual({ op: inner, pooling: 'avg' });
      expect(Object.keys(imported.graph.taps)).toEqual(expect.arrayContaining(aliases));
      expect(imported.notes).toEqual([]);
    });

    it('gives the codes and class scores that onnxruntime gives, on five photographs', async () => {
      const bytes = new Uint8Array(readFileSync(file));
      const { graph, recipe: whole } = importOnnx(bytes, { recipe });
      const oracle = await oracleOf(bytes, [inner, scores, probabilities]);
      const images = await loadImagePipeline();
      // The scores are the last convolution, or the mean after it.
      const last = graph.ops.findLast((op) => op.op === 'conv2d' || op.op === 'globalAvgPool')!;
      const taps: Tap[] = [
        resolveTap(graph, undefined, 'final'),
        { op: last.name, pooling: 'none' },
        { op: graph.ops.at(-1)!.name, pooling: 'none' },
      ];
      const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
      for (const photo of fivePhotos()) {
        const { tensor } = await images.toTensor(new Uint8Array(readFileSync(photo)), whole);
        const expected = await oracle.run({ values: toNchw(tensor, 3), dims: [1, 3, size, size] });
        const actual = plan.run(tensor);
        const code = averaged(toNhwc(expected[0]!.values, codeLength), codeLength);
        expect(actual[0]).toHaveLength(codeLength);
        expect(cosine(actual[0]!, code)).toBeGreaterThanOrEqual(0.99999);
        expect(cosine(actual[1]!, expected[1]!.values)).toBeGreaterThanOrEqual(0.99999);
        expect(cosine(actual[2]!, expected[2]!.values)).toBeGreaterThanOrEqual(0.99999);
      }
      plan.dispose();
      await oracle.release();
    });
  },
);

function fivePhotos(): string[] {
  return ['ants', 'bees'].flatMap((label, i) =>
    readdirSync(`${photos}/${label}`)
      .sort()
      .slice(0, 2 + i)
      .map((name) => `${photos}/${label}/${name}`),
  );
}
