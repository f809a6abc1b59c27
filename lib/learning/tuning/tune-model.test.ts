// The loop over a real network: a convolution with batch-norm on tfjs's plain backend, as a gradient engine in this thread.

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { graphOf, random, randomWeight } from '../../graph/testing.ts';
import { createRng } from '../../linalg/index.ts';
import type { GradientEngine } from '../gradients/gradient-engine.ts';
import { createModel, initialParameters, type ModelSpec, modelSpec } from '../model/index.ts';
import type { TuningInputs } from './inputs.ts';
import { judgeLogits } from './losses.ts';
import { memoryCheckpoints, testSettings } from './testing.ts';
import { type TuneRequest, tune } from './tune.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const vector = (length: number, value: (i: number) => number) => ({
  kind: 'float32' as const,
  shape: [length],
  data: Float32Array.from({ length }, (_, i) => value(i)),
});

const channels = 4;

/** Two convolutions, each with batch-norm and a relu; the last is averaged. */
function tinySpec(batchNorm: ModelSpec['batchNorm'], loss: ModelSpec['loss'] = 'softmax'): ModelSpec {
  const next = random(4);
  const block = (n: number, from: string): Parameters<typeof graphOf>[0] => [
    ['conv2d', `conv${n}`, [from], { padding: 'same' }, { kernel: `k${n}` }],
    [
      'batchNorm',
      `bn${n}`,
      [`conv${n}`],
      { epsilon: 1e-3 },
      { gamma: `g${n}`, beta: `b${n}`, mean: `m${n}`, variance: `v${n}` },
    ],
    ['activation', `relu${n}`, [`bn${n}`], { activation: 'relu' }],
  ];
  const norms = (n: number) => ({
    [`g${n}`]: vector(channels, () => 1),
    [`b${n}`]: vector(channels, () => 0),
    [`m${n}`]: vector(channels, (i) => i / 10),
    [`v${n}`]: vector(channels, () => 1.5),
  });
  const graph = graphOf([...block(1, 'input'), ...block(2, 'relu1')], {
    k1: randomWeight([3, 3, 3, channels], next),
    k2: randomWeight([3, 3, channels, channels], next),
    ...norms(1),
    ...norms(2),
  });
  return modelSpec(graph, {
    inputShape: [6, 6, 3],
    output: { op: 'relu2', pooling: 'avg' },
    classes: 2,
    loss,
    batchNorm,
  });
}

/** Bars that lie or stand, in noise. */
function bars(train: number, heldOut: number): TuningInputs {
  const draw = (label: number, seed: number) => {
    const rng = createRng(seed);
    const bar = rng.below(6);
    return Float32Array.from({ length: 108 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % 6, Math.floor(i / 18)];
      return ((label ? x : y) === bar ? 1 : 0) + 0.3 * rng.uniform();
    });
  };
  return {
    shape: [6, 6, 3],
    training: async (i, epoch) => draw(i % 2, i + 1000 * epoch),
    plain: async (i) => draw(i % 2, i),
    heldOut: async (i) => draw(i % 2, i + 500_000),
    trainLabels: Int32Array.from({ length: train }, (_, i) => i % 2),
    heldOutLabels: Int32Array.from({ length: heldOut }, (_, i) => i % 2),
  };
}

function engineOf(spec: ModelSpec): GradientEngine {
  const model = createModel(spec);
  return {
    device: { kind: 'cpu', name: 'tfjs' },
    async step(inputs, labels, parameters, statistics) {
      const { lossSum, gradients, ...rest } = await model.lossAndGradients(
        inputs,
        labels,
        parameters,
        statistics,
      );
      return {
        ...rest,
        loss: lossSum / labels.length,
        gradients: gradients.map((sum) => sum / labels.length),
      };
    },
    logits: (inputs, parameters, statistics) => model.logits(inputs, parameters, statistics),
    close: async () => model.dispose(),
  };
}

const requestFor = (spec: ModelSpec, changes: Partial<TuneRequest> = {}): TuneRequest => ({
  spec,
  ...initialParameters(spec, spec.batchNorm === 'batch' ? { fresh: createRng(2) } : {}),
  inputs: bars(24, 16),
  engine: engineOf(spec),
  settings: testSettings({ epochs: 12, patience: 12, headRatio: 1, depthDecay: 1, learningRate: 0.05 }),
  identity: 'bars',
  ...changes,
});

describe('tune on a convolutional network', () => {
  it.each(['softmax', 'svm'] as const)('learns, with batch-norm frozen, by %s', async (loss) => {
    const { curves, statistics } = await tune(requestFor(tinySpec('frozen', loss)));
    expect(Math.max(...curves.map(({ heldOutAccuracy }) => heldOutAccuracy!))).toBeGreaterThan(0.85);
    expect(statistics.length).toBe(0);
  });

  it('learns from scratch, and its running statistics serve held-out pictures as well', async () => {
    const spec = tinySpec('batch');
    const { curves, statistics, heldOutLogits } = await tune(requestFor(spec));
    expect(curves[0]!.step).toBeGreaterThan(0);
    expect(judgeLogits(heldOutLogits, bars(24, 16).heldOutLabels, 2, 'softmax').accuracy).toBeGreaterThan(
      0.9,
    );
    expect(statistics).not.toEqual(requestFor(spec).statistics);
  });

  it('has the loss that the engine has, on logits of the same weights', async () => {
    for (const loss of ['softmax', 'svm'] as const) {
      const spec = tinySpec('frozen', loss);
      const { parameters, statistics, inputs, engine } = requestFor(spec);
      const labels = Int32Array.of(0, 1);
      const batch = Float32Array.of(...(await inputs.plain(0)), ...(await inputs.plain(1)));
      const weights = parameters.map((w, i) => w || Math.sin(i));
      const told = await engine.step(batch, labels, weights, statistics);
      const logits = await engine.logits(batch, weights, statistics);
      const judged = judgeLogits(logits, labels, 2, loss);
      expect(judged.loss / told.loss).toBeCloseTo(1, 5);
      expect(judged.accuracy * 2).toBe(told.right);
    }
  });

  it('goes on from a checkpoint to the same weights and statistics', async () => {
    const spec = tinySpec('batch');
    const settings = testSettings({ epochs: 2, patience: 9 });
    const whole = await tune(requestFor(spec, { settings }));
    const checkpoints = memoryCheckpoints();
    const engine = engineOf(spec);
    let steps = 0;
    const dying = {
      ...engine,
      step: (...args: Parameters<GradientEngine['step']>) => {
        if (steps++ === 4) throw new Error('killed');
        return engine.step(...args);
      },
    };
    await expect(tune(requestFor(spec, { settings, checkpoints, engine: dying }))).rejects.toThrow('killed');
    const resumed = await tune(requestFor(spec, { settings, checkpoints }));
    expect(resumed.parameters).toEqual(whole.parameters);
    expect(resumed.statistics).toEqual(whole.statistics);
    expect(resumed.curves).toEqual(whole.curves);
  });
});
