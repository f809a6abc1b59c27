// What a model promises besides right gradients: sums that add up, batch statistics, no leaks, and the same logits as the
// inference engine on real networks.

import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { importOnnx, importTfjs } from '../../graph/import/index.ts';
import { readOnnx } from '../../graph/import/read-onnx-node.ts';
import { readTfjs } from '../../graph/import/read-tfjs-node.ts';
import { type Graph, inferShapes, optimise, resolveTap, type Tap, tailAfterTap } from '../../graph/index.ts';
import { compilePlain } from '../../inference/compile-node.ts';
import { graphOf, type Layer, Random } from '../../inference/fixtures.ts';
import { createModel, graphWith, headOf, initialParameters, modelSpec } from './index.ts';
import { differences, measuredLogits, modelled } from './testing.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Convolution, norm, tanh, twice; smooth, so that steps of any size have a derivative. */
function normed(random: Random): Graph {
  const layer = (cin: number): Layer[] => [
    { op: 'conv2d', attrs: { padding: 'same' }, weights: { kernel: random.weight(3, 3, cin, 4) } },
    {
      op: 'batchNorm',
      attrs: { epsilon: 1e-3 },
      weights: {
        gamma: random.weight(4),
        beta: random.weight(4),
        mean: random.weight(4),
        variance: { kind: 'float32', shape: [4], data: random.array(4, 0.4).map((v) => v + 0.6) },
      },
    },
    { op: 'activation', attrs: { activation: 'tanh' } },
  ];
  return graphOf(3, [...layer(3), ...layer(4)]);
}

it.each(['softmax', 'svm'] as const)('gives sums that add up over shards (%s)', async (loss) => {
  const random = new Random(3);
  const { model, inputs, labels, parameters, statistics } = modelled(normed(random), random, {
    size: 4,
    count: 5,
    loss,
  });
  const gradientsOf = (from: number, to: number) =>
    model.lossAndGradients(
      inputs.subarray(from * 48, to * 48),
      labels.subarray(from, to),
      parameters,
      statistics,
    );
  const whole = await gradientsOf(0, 5);
  const parts = [await gradientsOf(0, 2), await gradientsOf(2, 5)];
  expect(parts[0]!.lossSum + parts[1]!.lossSum).toBeCloseTo(whole.lossSum, 4);
  expect(parts[0]!.right + parts[1]!.right).toBe(whole.right);
  whole.gradients.forEach((g, i) => {
    expect(parts[0]!.gradients[i]! + parts[1]!.gradients[i]!).toBeCloseTo(g, 4);
  });
});

it('leaves no tensor behind, and frees its own at the end', async () => {
  for (const batchNorm of ['frozen', 'batch'] as const) {
    const before = tf.memory().numTensors;
    const random = new Random(3);
    const made = modelled(normed(random), random, { size: 4, batchNorm });
    const { model, inputs, labels, parameters, statistics } = made;
    const held = tf.memory().numTensors;
    await model.lossAndGradients(inputs, labels, parameters, statistics);
    await model.logits(inputs, parameters, statistics);
    expect(tf.memory().numTensors).toBe(held);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  }
});

describe('with the statistics of the batch', () => {
  it('gives the gradient of the loss, statistics moving along', async () => {
    const random = new Random(9);
    const made = modelled(normed(random), random, { size: 4, batchNorm: 'batch' });
    const { spec, model, inputs, labels, parameters, statistics } = made;
    const { gradients } = await model.lossAndGradients(inputs, labels, parameters, statistics);
    const lossAt = async (values: Float32Array) =>
      (await model.lossAndGradients(inputs, labels, values, statistics)).lossSum;
    for (const found of differences(spec, parameters, gradients, random, lossAt, 3e-3)) {
      const [plus, minus] = await Promise.all(found.losses);
      const measured = (plus! - minus!) / found.distance;
      expect(Math.abs(found.told - measured), found.name).toBeLessThan(0.02 * found.scale + 2e-3);
    }
  });

  it('tells them: stored, they give the same logits', async () => {
    const random = new Random(9);
    const made = modelled(normed(random), random, { size: 4, batchNorm: 'batch' });
    const { spec, model, inputs, labels, parameters, statistics } = made;
    const { lossSum, statistics: seen } = await model.lossAndGradients(
      inputs,
      labels,
      parameters,
      statistics,
    );
    const logits = await model.logits(inputs, parameters, seen);
    const expected = measuredLogits(spec, parameters, inputs, seen).flat();
    logits.forEach((z, i) => {
      expect(z).toBeCloseTo(expected[i]!, 4);
    });
    const loss = labels.reduce((sum, label, i) => {
      const row = [...logits.subarray(i * 3, i * 3 + 3)];
      return sum + Math.log(row.reduce((s, z) => s + Math.exp(z), 0)) - row[label]!;
    }, 0);
    expect(lossSum).toBeCloseTo(loss, 4);
  });
});

describe('agrees with the inference engine, given the trained graph', () => {
  const shared = '../shared/backbones';
  const onnx = `${shared}/mobilenet-v1-0.25-128-imagenet-onnx-derived/mobilenet_v1_0.25_128.onnx`;
  const keras = `${shared}/mobilenet-v1-imagenet`;

  /** Logits of the model against head · code of a plan of the same weights. */
  async function compare(graph: Graph, shape: [number, number, number], output: Tap): Promise<void> {
    const random = new Random(1);
    const options = { inputShape: shape, output, classes: 2, loss: 'softmax', batchNorm: 'frozen' } as const;
    const spec = modelSpec(graph, options);
    const head = { weight: random.array(2 * spec.dims, 0.1), bias: random.array(2, 1) };
    const { parameters, statistics } = initialParameters(spec, { head });
    // Moved, as by training.
    parameters.forEach((value, i) => {
      parameters[i] = value * (1 + 0.01 * Math.sin(i));
    });
    const input = random.array(shape[0] * shape[1] * shape[2], 1).map((v) => (v > 0 ? v : 0));
    const model = createModel(spec);
    const logits = await model.logits(input, parameters, statistics);
    model.dispose();

    const trained = graphWith(spec, parameters, statistics);
    const { graph: folded, outputs } = optimise(trained, [spec.output]);
    expect(folded.ops.some((op) => op.op === 'batchNorm')).toBe(false);
    const taps = [{ op: outputs[0]!, pooling: spec.output.pooling }];
    const plan = await compilePlain(folded, { size: shape[0], taps, arithmetic: 'float32' });
    const [code] = plan.run(input);
    plan.dispose();
    const { weight, bias } = headOf(spec, parameters);
    logits.forEach((z, c) => {
      const expected = code!.reduce((sum, x, k) => sum + x * weight[c * spec.dims + k]!, bias[c]!);
      expect(Math.abs(z - expected)).toBeLessThan(1e-3 * (1 + Math.abs(expected)));
    });
  }

  it.skipIf(!existsSync(onnx))('on the whole of a small MobileNet (skipped without ../shared)', async () => {
    const { bytes, external } = await readOnnx(onnx);
    const { graph } = importOnnx(bytes, { external });
    await compare(graph, [128, 128, 3], resolveTap(graph, undefined, 'final'));
  });

  it.skipIf(!existsSync(keras))('on the end of one with batch-norm (skipped without ../shared)', async () => {
    const { graph } = importTfjs(await readTfjs(keras));
    const from = resolveTap(graph, undefined, 'conv_pw_10_relu');
    const shape = inferShapes(graph, 224).get(from.op) as [number, number, number];
    const tail = tailAfterTap(graph, from, shape[2]);
    expect(tail.ops.filter((op) => op.op === 'batchNorm')).toHaveLength(4);
    await compare(tail, shape, resolveTap(graph, undefined, 'final'));
  });
});
