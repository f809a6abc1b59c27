// A network of a few stages with a shortcut, with or without batch-norm, and a dataset of coloured squares. Nothing but
// tests imports this.

import { readFileSync } from 'node:fs';
import { buildKernels } from '../../../scripts/build-kernels.ts';
import { rgbPng } from '../../../scripts/demo/png.ts';
import { makeBackbone, type ParsedBackbone, parseBackbone } from '../../codes/index.ts';
import { type Graph, tapsOf, type Weight } from '../../graph/index.ts';
import { graphOf, random, randomWeight } from '../../graph/testing.ts';
import { loadImagePipeline } from '../../image/image-node.ts';
import { compilePlain } from '../../inference/compile-node.ts';
import { loadLinalg } from '../../linalg/linalg-node.ts';
import { sha256 } from '../../tensors/index.ts';
import type { EvidenceParts } from './gather-evidence.ts';

await buildKernels();

export const size = 16;
type Layers = Parameters<typeof graphOf>[0];

const constant = (channels: number, value: number): Weight => ({
  kind: 'float32',
  shape: [channels],
  data: new Float32Array(channels).fill(value),
});

/** Four convolutions, a sum round the third; each followed by a batch-norm that keeps `mean` and `variance`. */
export function stagesGraph({ batchNorm }: { batchNorm: { mean: number; variance: number } | null }): Graph {
  const layers: Layers = [];
  const weights: Record<string, Weight> = {};
  const next = random(3);
  const stage = (name: string, input: string, from: number, to: number) => {
    layers.push(['conv2d', `${name}_conv`, [input], { padding: 'same' }, { kernel: `${name}/kernel` }]);
    weights[`${name}/kernel`] = randomWeight([3, 3, from, to], next);
    const { mean, variance } = batchNorm ?? { mean: 0, variance: 0 };
    if (batchNorm) {
      const roles = { mean: `${name}/mean`, variance: `${name}/variance` };
      layers.push(['batchNorm', `${name}_bn`, [`${name}_conv`], { epsilon: 1e-3 }, roles]);
      weights[roles.mean] = constant(to, mean);
      weights[roles.variance] = constant(to, variance);
    }
    const last = batchNorm ? `${name}_bn` : `${name}_conv`;
    layers.push(['activation', `${name}_relu`, [last], { activation: 'relu' }]);
  };
  stage('one', 'input', 3, 6);
  stage('two', 'one_relu', 6, 8);
  stage('three', 'two_relu', 8, 8);
  layers.push(['add', 'sum', ['two_relu', 'three_relu'], {}]);
  stage('four', 'sum', 8, 12);
  const graph = graphOf(layers, weights);
  return { ...graph, taps: tapsOf(graph, size) };
}

export async function stagesBackbone(
  batchNorm: { mean: number; variance: number } | null,
  defaultTap = 'final',
): Promise<ParsedBackbone & { file: Uint8Array }> {
  const made = await makeBackbone(
    stagesGraph({ batchNorm }),
    {
      name: 'stages',
      title: 'Stages',
      licence: 'MIT',
      origin: 'a test',
      defaultTap,
      recipe: {
        size,
        fit: 'stretch',
        channelOrder: 'rgb',
        mean: [127.5, 127.5, 127.5],
        scale: [1 / 127.5, 1 / 127.5, 1 / 127.5],
      },
    },
    compilePlain,
  );
  return { ...parseBackbone(made.file, 'stages', made.digest), file: made.file };
}

/** `perClass` noisy squares of each of two colours as PNG files, with codes at the default tap: what evidence is gathered
 *  on. Every fifth is held out. */
export async function squares(backbone: ParsedBackbone, perClass: number): Promise<EvidenceParts> {
  const { graph, card } = backbone;
  const pipeline = await loadImagePipeline();
  const plan = await compilePlain(graph, {
    size,
    taps: [graph.taps[card.defaultTap]!],
    arithmetic: 'float32',
  });
  const next = random(11);
  const dims = plan.outputShapes[0]![0]!;
  const n = 2 * perClass;
  const files = Array.from({ length: n }, (_, i) => square(i % 2, next));
  const codes = new Float32Array(n * dims);
  for (const [i, file] of files.entries()) {
    const { tensor } = await pipeline.toTensor(file, card.recipe);
    codes.set(plan.run(tensor)[0]!, i * dims);
  }
  plan.dispose();
  let now = 0;
  return {
    set: {
      codes,
      dims,
      labels: Int32Array.from({ length: n }, (_, i) => i % 2),
      labelNames: ['blue', 'red'],
      groups: files.map(() => null),
      split: files.map((_, i) => (i % 5 === 4 ? 'heldout' : 'train')),
      digests: await Promise.all(files.map((file) => sha256(file))),
    },
    image: async (i) => files[i]!,
    backbone,
    pipeline,
    kernels: await WebAssembly.compile(
      readFileSync(new URL('../../../build/inference-plain.wasm', import.meta.url)),
    ),
    linalg: await loadLinalg(),
    device: { kind: 'cpu', name: 'a test' },
    clock: () => {
      now += 10;
      return now;
    },
    reference: null,
  };
}

function square(label: number, next: () => number): Uint8Array {
  const pixels = new Uint8Array(size * size * 3);
  for (let i = 0; i < pixels.length; i++) {
    const own = i % 3 === (label ? 0 : 2) ? 140 : 100;
    pixels[i] = own + 80 * next();
  }
  return rgbPng(pixels, size, size);
}
