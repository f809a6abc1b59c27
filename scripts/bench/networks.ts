// The same contestants on other networks, where their files are: what the kernels do on shapes that they were not
// tuned on.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ortWeb from 'onnxruntime-web';
import { presets } from '../../cli/backbone/recipe-options.ts';
import { importFrom } from '../../cli/backbone/source.ts';
import { type Imported, importTfjs } from '../../lib/graph/import/index.ts';
import { nsfwjsRecipe, readNsfwjs } from '../../lib/graph/import/nsfwjs-node.ts';
import { cosine } from '../../lib/graph/testing.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { measureStatistics } from '../../lib/inference/calibrate/index.ts';
import { compile } from '../../lib/inference/compile-node.ts';
import type { Plan } from '../../lib/inference/index.ts';
import { compile as compileTfjs } from '../../lib/inference/tfjs/compile-node.ts';
import { root } from '../dev/configs.ts';
import { examples } from './latencies.ts';
import { requirePeer } from './peers.ts';
import { type Section, table } from './report.ts';
import { costOf, cpuFigure, inRounds, ratio } from './rounds.ts';
import { tflite } from './tflite.ts';

const rounds = 15;
const calibrationPhotos = 16;
const reference = 'TensorFlow.js';

interface Network {
  name: string;
  load(): Promise<Imported>;
  /** The whole network as an ONNX file, classifier included, if there is one. */
  onnx?: string;
  tflite?: string;
}

const shared = (path: string) => join(root, '../shared/backbones', path);

const networks: Network[] = [
  {
    name: 'MobileNetV2 1.0, 224',
    load: () => importFrom(shared('mobilenet-v2-1.0-imagenet-onnx-derived'), presets['imagenet-tf']),
    onnx: shared('mobilenet-v2-1.0-imagenet-onnx-derived/mobilenet_v2_1.0_224.onnx'),
    tflite: shared('coral-mobilenet-imagenet-tflite/mobilenet_v2_1.0_224_quant.tflite'),
  },
  {
    name: 'MobileNet v1 1.0, 224 (cut)',
    load: () => importFrom(shared('mobilenet-v1-imagenet'), presets['imagenet-tf']),
  },
  {
    name: 'MobileNet v1 0.25, 128',
    load: () => importFrom(shared('mobilenet-v1-0.25-128-imagenet-onnx-derived'), presets['imagenet-tf']),
    onnx: shared('mobilenet-v1-0.25-128-imagenet-onnx-derived/mobilenet_v1_0.25_128.onnx'),
    tflite: shared('coral-mobilenet-imagenet-tflite/mobilenet_v1_0.25_128_quant.tflite'),
  },
  {
    name: 'SqueezeNet 1.1, 224',
    load: () => importFrom(shared('squeezenet-v1.1-onnx-fp16'), presets['caffe-bgr']),
    onnx: shared('squeezenet-v1.1-onnx-fp16/SqueezeNet_fp16.onnx'),
  },
  {
    name: 'InceptionV3, 299',
    load: async () => importTfjs(readNsfwjs('inception_v3'), { recipe: nsfwjsRecipe }),
  },
];

export async function otherNetworks(): Promise<Section> {
  const rows: string[][] = [];
  for (const network of networks) rows.push(...(await measured(network)));
  return {
    title: 'Other networks',
    text: `At \`final\`, in Node, relaxed build, one thread; CPU milliseconds, median (minimum) of ${rounds} interleaved rounds. Ranges for the integer plans come from ${calibrationPhotos} photographs. onnxruntime and TensorFlow Lite run the whole file, classifier included (under 1 % of the work).\n\n${table(['network', 'engine', 'CPU ms', '÷ TensorFlow.js', 'WASM memory, MB', 'cosine to TensorFlow.js'], rows)}`,
  };
}

async function measured(network: Network): Promise<string[][]> {
  let imported: Imported;
  try {
    imported = await network.load();
  } catch (error) {
    return [[network.name, `not measured: ${String(error).split('\n')[0]}`, '', '', '', '']];
  }
  const { graph, recipe } = imported;
  const pipeline = await loadImagePipeline();
  const photos: Float32Array[] = [];
  for (const { bytes } of examples().all.slice(0, calibrationPhotos))
    photos.push((await pipeline.toTensor(bytes, recipe)).tensor);
  const options = { size: recipe.size, taps: [graph.taps.final!] };
  const quantisation = {
    digest: '0'.repeat(64),
    values: await measureStatistics(graph, recipe.size, photos, compile),
  };
  const plans = new Map<string, Plan>();
  for (const arithmetic of ['int8', 'int16', 'float32'] as const)
    plans.set(`Headwater ${arithmetic}`, await compile(graph, { ...options, arithmetic, quantisation }));
  plans.set(reference, await compileTfjs(graph, { ...options, arithmetic: 'float32' }));
  const input = photos[0]!;
  const contestants = new Map<string, () => unknown>();
  for (const [name, plan] of plans) contestants.set(name, () => plan.run(input));
  for (const [name, run] of await peers(network)) contestants.set(name, run);
  const costs = await inRounds(rounds, contestants, costOf);
  const exact = plans.get(reference)!.run(input)[0]!;
  const rows = [...contestants.keys()].map((name) => {
    const plan = plans.get(name);
    const ours = plan && name !== reference;
    return [
      network.name,
      name,
      cpuFigure(costs, name),
      ratio(costs, name, reference).toFixed(2),
      ours ? (plan.bytes / 1e6).toFixed(1) : '–',
      ours ? cosine(plan.run(input)[0]!, exact).toFixed(6) : '–',
    ];
  });
  for (const plan of plans.values()) plan.dispose();
  return rows;
}

async function peers({ onnx, tflite: lite }: Network): Promise<[string, () => unknown][]> {
  const found: [string, () => unknown][] = [];
  if (onnx && existsSync(onnx)) {
    const model = readFileSync(onnx);
    ortWeb.env.wasm.numThreads = 1;
    const native = requirePeer<typeof ortWeb>('onnxruntime-node');
    for (const [name, ort] of [
      ['onnxruntime-web', ortWeb],
      ['onnxruntime-node, native', native],
    ] as const) {
      const session = await ort.InferenceSession.create(model, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      });
      const [input] = session.inputMetadata;
      if (!input?.isTensor || input.type !== 'float32') continue;
      const shape = input.shape.map((side) => (typeof side === 'number' ? side : 1));
      const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5);
      const tensor = new ort.Tensor('float32', Float32Array.from(values), shape);
      found.push([name, () => session.run({ [input.name]: tensor })]);
    }
  }
  if (lite && existsSync(lite)) found.push(['tfjs-tflite, int8 (XNNPACK)', await tflite(readFileSync(lite))]);
  return found;
}
