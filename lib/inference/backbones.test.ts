// Whole backbones against tfjs's own importers, on tfjs's plain JavaScript backend: neither the graph, nor the
// passes, nor the kernels are shared.

import { existsSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { model as layersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { nsfwjsRecipe, readNsfwjs } from '../graph/import/nsfwjs-node.ts';
import { importTfjs, type TfjsModel } from '../graph/import/tfjs.ts';
import { resolveTap } from '../graph/index.ts';
import { cosine } from '../graph/testing.ts';
import { compile } from './compile-node.ts';

const size = 224;
const mobilenetV1 = '../shared/backbones/mobilenet-v1-imagenet';

it("gives the default backbone's codes as tfjs-converter does, at the default and the final tap", async () => {
  const source = readNsfwjs('mobilenet_v2_mid');
  const { graph, recipe } = importTfjs(source, { recipe: nsfwjsRecipe });
  const taps = [resolveTap(graph, undefined, 'block_14_expand'), resolveTap(graph, undefined, 'final')];
  await tf.setBackend('cpu');
  const oracle = await loadGraphModel(tf.io.fromMemory(artifacts(source)));
  // The model's own Mul and Sub normalise; it is fed 0..1.
  const input = tf.tensor(
    photo().map((pixel) => pixel / 255),
    [1, size, size, 3],
  );
  const expected = oracle.execute(
    input,
    taps.map((tap) => tap.op),
  ) as tf.Tensor[];

  const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
  const codes = plan.run(normalised(photo(), recipe));
  expect(plan.outputShapes).toEqual([[1344], [1792]]);
  codes.forEach((code, i) => {
    expect(cosine(code, tf.mean(expected[i]!, [1, 2]).dataSync())).toBeGreaterThanOrEqual(0.99999);
  });
  expect(tf.getBackend()).toBe('cpu');
  plan.dispose();
  oracle.dispose();
});

it.skipIf(!existsSync(mobilenetV1))(
  "gives an ImageNet layers-model's codes as tfjs-layers does (skipped without ../shared)",
  async () => {
    const source = {
      modelJson: JSON.parse(readFileSync(`${mobilenetV1}/model.json`, 'utf8')),
      weights: new Uint8Array(readFileSync(`${mobilenetV1}/weights.bin`)),
    };
    const { graph, recipe } = importTfjs(source);
    const middle = 'conv_pw_6_relu';
    const taps = [resolveTap(graph, undefined, 'final'), resolveTap(graph, undefined, middle)];
    await tf.setBackend('cpu');
    const whole = await loadLayersModel(tf.io.fromMemory(artifacts(source)));
    const outputs = [whole.outputs[0]!, whole.getLayer(middle).output as (typeof whole.outputs)[0]];
    const oracle = layersModel({ inputs: whole.inputs, outputs: outputs as typeof whole.outputs });
    const normal = normalised(photo(), recipe);
    const expected = oracle.predict(tf.tensor(normal, [1, size, size, 3])) as tf.Tensor[];

    const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
    plan.run(normal).forEach((code, i) => {
      expect(cosine(code, tf.mean(expected[i]!, [1, 2]).dataSync())).toBeGreaterThanOrEqual(0.99999);
    });
    plan.dispose();
    oracle.dispose();
  },
);

function artifacts({ modelJson, weights }: TfjsModel): tf.io.ModelArtifacts {
  const json = modelJson as tf.io.ModelJSON;
  const weightData = weights.slice().buffer;
  return { ...json, weightSpecs: json.weightsManifest.flatMap((group) => group.weights), weightData };
}

/** Something with edges and gradients, pixels 0..255, [size, size, 3]. */
function photo(): Float32Array {
  return Float32Array.from({ length: size * size * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    const wave = Math.sin((x + 7 * c) / 9) * Math.cos(y / (13 + c)) + (((x >> 4) + (y >> 4)) % 2);
    return Math.round(127.5 + 63 * wave);
  });
}

function normalised(pixels: Float32Array, recipe: { mean: number[]; scale: number[] }): Float32Array {
  return pixels.map((pixel, i) => (pixel - recipe.mean[i % 3]!) * recipe.scale[i % 3]!);
}
