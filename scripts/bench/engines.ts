// Codes per second on one core: our plan beside onnxruntime-web and TensorFlow.js, on the same graph, weights and
// picture, down to the default tap.

import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-web';
import { parseBackbone, tapOf } from '../../lib/codes/index.ts';
import { readNsfwjs } from '../../lib/graph/import/nsfwjs-node.ts';
import { optimise } from '../../lib/graph/index.ts';
import { cosine } from '../../lib/graph/testing.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { compile } from '../../lib/inference/compile-node.ts';
import { defaultBackbone } from '../dev/backbones.ts';
import { examples } from './latencies.ts';
import { interleaved, median, type Section, table } from './report.ts';
import { toOnnx } from './to-onnx.ts';

const rounds = 30;

export async function engines(): Promise<Section> {
  const { name, digest, file } = defaultBackbone();
  const backbone = parseBackbone(file, name, digest);
  const tap = tapOf(backbone);
  const { size } = backbone.card.recipe;
  const pipeline = await loadImagePipeline();
  const { tensor } = await pipeline.toTensor(examples().all[0]!.bytes, backbone.card.recipe);

  const plan = await compile(backbone.graph, { size, taps: [tap], arithmetic: 'float32' });
  const ours = () => plan.run(tensor)[0]!;

  ort.env.wasm.numThreads = 1;
  const { graph, outputs } = optimise(backbone.graph, [tap]);
  const session = await ort.InferenceSession.create(toOnnx(graph, outputs[0]!, size));
  const planes = toPlanes(tensor, size);
  const theirs = async () => {
    const { code } = await session.run({
      [graph.input.name]: new ort.Tensor('float32', planes, [1, 3, size, size]),
    });
    return code!.data as Float32Array;
  };

  const rawRecipe = { ...backbone.card.recipe, mean: [0, 0, 0], scale: [1 / 255, 1 / 255, 1 / 255] } as const;
  const { tensor: raw } = await pipeline.toTensor(examples().all[0]!.bytes, rawRecipe as never);
  const tfjs = await tfjsModel(raw, size, tap.op);

  const [a, b, c] = [ours(), await theirs(), tfjs()];
  const times = await interleaved(rounds, { ours, theirs, tfjs });
  const row = (what: string, ms: number[], code: ArrayLike<number>) => [
    what,
    (1000 / median(ms)).toFixed(1),
    `${median(ms).toFixed(1)} (${Math.min(...ms).toFixed(1)})`,
    (median(ms) / median(times.ours)).toFixed(2),
    cosine(a, code).toFixed(7),
  ];
  plan.dispose();
  return {
    title: 'Codes per second',
    text: `${name} at \`${backbone.card.defaultTap}\`, ${size} × ${size}, float32, one core, tensor in memory, in Node; interleaved, ${rounds} rounds.

${table(
  ['engine', 'codes a second', 'ms, median (minimum)', 'time ÷ ours', 'cosine to ours'],
  [
    row('Headwater', times.ours, a),
    row('onnxruntime-web 1.30, WebAssembly, one thread', times.theirs, b),
    row('TensorFlow.js 4.22, its own graph executor, WebAssembly', times.tfjs, c),
  ],
)}

Headwater's plan runs on TensorFlow.js's kernels so far; what it saves against the last row is the executor.`,
  };
}

async function tfjsModel(input: Float32Array, size: number, op: string): Promise<() => Float32Array> {
  const { modelJson, weights } = readNsfwjs('mobilenet_v2_mid');
  const json = modelJson as { modelTopology: object; weightsManifest: { weights: unknown[] }[] };
  const model = await loadGraphModel({
    load: async () => ({
      ...json,
      weightSpecs: json.weightsManifest.flatMap((group) => group.weights) as never,
      weightData: weights.buffer.slice(
        weights.byteOffset,
        weights.byteOffset + weights.byteLength,
      ) as ArrayBuffer,
    }),
  });
  return () => {
    const result = tf.tidy(() => {
      const map = model.execute(tf.tensor4d(input, [1, size, size, 3]), op) as tf.Tensor4D;
      return tf.mean(map, [1, 2]).dataSync();
    });
    return result as Float32Array;
  };
}

/** [h, w, 3] → [3, h, w] */
function toPlanes(tensor: Float32Array, size: number): Float32Array {
  const planes = new Float32Array(tensor.length);
  for (let i = 0; i < size * size; i++)
    for (let c = 0; c < 3; c++) planes[c * size * size + i] = tensor[3 * i + c]!;
  return planes;
}
