// A small network with an engine in plain TypeScript, for tests of the loop: one hidden layer of relus, softmax regression
// on top. Nothing but tests imports this.

import { createRng } from '../../linalg/index.ts';
import type { GradientEngine } from '../gradients/gradient-engine.ts';
import type { ModelSpec, ParameterSlot } from '../model/model-spec.ts';
import type { CheckpointStore, TuningInputs } from './inputs.ts';
import { type TuningSettings, tuningDefaults } from './settings.ts';

export interface NetShape {
  inputs: number;
  hidden: number;
  classes: number;
}

/** hidden = relu(A·x + a), logits = W·hidden + b. */
export function netSpec({ inputs, hidden, classes }: NetShape): ModelSpec {
  let offset = 0;
  const slot = (name: string, op: string, role: 'kernel' | 'bias', shape: number[], depth: number) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const made: ParameterSlot = {
      name,
      op,
      role,
      shape,
      offset,
      length,
      depth,
      decays: role === 'kernel',
    };
    offset += length;
    return made;
  };
  const slots = [
    slot('hidden/kernel', 'hidden', 'kernel', [hidden, inputs], 1),
    slot('hidden/bias', 'hidden', 'bias', [hidden], 1),
    slot('head.weight', 'head', 'kernel', [classes, hidden], 0),
    slot('head.bias', 'head', 'bias', [classes], 0),
  ];
  return {
    graph: { ops: [], inputs: [], taps: {}, weights: {} } as unknown as ModelSpec['graph'],
    inputShape: [1, 1, inputs],
    output: { op: 'hidden', pooling: 'avg' },
    classes,
    dims: hidden,
    loss: 'softmax',
    batchNorm: 'frozen',
    slots,
    parameterCount: offset,
    statisticsSlots: [],
    statisticsCount: 0,
  };
}

/** Random kernels, biases 0. */
export function netStart(
  spec: ModelSpec,
  seed: number,
): { parameters: Float32Array; statistics: Float32Array } {
  const rng = createRng(seed);
  const parameters = new Float32Array(spec.parameterCount);
  for (const { offset, length, decays } of spec.slots)
    if (decays) for (let i = offset; i < offset + length; i++) parameters[i] = rng.uniform() - 0.5;
  return { parameters, statistics: new Float32Array(spec.statisticsCount) };
}

/** Its engine. Counts its steps, and can be told to fail or to give nonsense in one of them. */
export function netEngine(
  { inputs, hidden, classes }: NetShape,
  trouble: { beforeStep?: (step: number) => void; lossAt?: (step: number) => number | undefined } = {},
): GradientEngine & { steps: number } {
  const spec = netSpec({ inputs, hidden, classes });
  const [kernel, bias, weight, headBias] = spec.slots.map(({ offset }) => offset) as [
    number,
    number,
    number,
    number,
  ];
  const forward = (x: Float32Array, p: Float32Array) => {
    const h = Float64Array.from({ length: hidden }, (_, j) => {
      let sum = p[bias + j]!;
      for (let k = 0; k < inputs; k++) sum += p[kernel + j * inputs + k]! * x[k]!;
      return Math.max(0, sum);
    });
    const z = Float64Array.from({ length: classes }, (_, c) => {
      let sum = p[headBias + c]!;
      for (let j = 0; j < hidden; j++) sum += p[weight + c * hidden + j]! * h[j]!;
      return sum;
    });
    return { h, z };
  };
  const engine = {
    steps: 0,
    device: { kind: 'cpu' as const, name: 'plain TypeScript' },
    async step(batch: Float32Array, labels: Int32Array, p: Float32Array) {
      trouble.beforeStep?.(engine.steps);
      const gradients = new Float64Array(spec.parameterCount);
      let loss = 0;
      let right = 0;
      labels.forEach((label, i) => {
        const x = batch.subarray(i * inputs, (i + 1) * inputs);
        const { h, z } = forward(x, p);
        const highest = Math.max(...z);
        const total = z.reduce((sum, each) => sum + Math.exp(each - highest), 0);
        loss += (Math.log(total) + highest - z[label]!) / labels.length;
        if (z.indexOf(highest) === label) right++;
        const dz = z.map(
          (each, c) => (Math.exp(each - highest) / total - (c === label ? 1 : 0)) / labels.length,
        );
        dz.forEach((slope, c) => {
          gradients[headBias + c]! += slope;
          h.forEach((value, j) => {
            gradients[weight + c * hidden + j]! += slope * value;
          });
        });
        for (let j = 0; j < hidden; j++) {
          if (h[j] === 0) continue;
          const slope = dz.reduce((sum, each, c) => sum + each * p[weight + c * hidden + j]!, 0);
          gradients[bias + j]! += slope;
          for (let k = 0; k < inputs; k++) gradients[kernel + j * inputs + k]! += slope * x[k]!;
        }
      });
      const told = trouble.lossAt?.(engine.steps) ?? loss;
      engine.steps++;
      return { loss: told, right, gradients: Float32Array.from(gradients), statistics: new Float32Array() };
    },
    async logits(batch: Float32Array, p: Float32Array) {
      const n = batch.length / inputs;
      const out = new Float32Array(n * classes);
      for (let i = 0; i < n; i++)
        out.set(forward(batch.subarray(i * inputs, (i + 1) * inputs), p).z, i * classes);
      return out;
    },
    async close() {},
  };
  return engine;
}

/** Points around one centre for each class; `noise` blurs them, and every view of one a little more. */
export function clouds(
  { inputs, classes }: NetShape,
  { train, heldOut, noise, seed }: { train: number; heldOut: number; noise: number; seed: number },
): TuningInputs {
  const rng = createRng(seed);
  const gaussianish = () => rng.uniform() + rng.uniform() + rng.uniform() - 1.5;
  const centres = Array.from({ length: classes }, () => Float64Array.from({ length: inputs }, gaussianish));
  const draw = (n: number) => {
    const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
    const points = [...labels].map((label) =>
      Float32Array.from(centres[label]!, (centre) => centre + noise * gaussianish()),
    );
    return { labels, points };
  };
  const [training, held] = [draw(train), draw(heldOut)];
  return {
    shape: [1, 1, inputs],
    async training(i, epoch) {
      const shift = createRng(i * 1000 + epoch);
      return training.points[i]!.map((value) => value + 0.05 * noise * (shift.uniform() - 0.5));
    },
    plain: async (i) => training.points[i]!,
    heldOut: async (i) => held.points[i]!,
    trainLabels: training.labels,
    heldOutLabels: held.labels,
  };
}

/** fine-tune-top's, without discrimination unless asked. */
export const testSettings = (changes: Partial<TuningSettings> = {}): TuningSettings => ({
  ...tuningDefaults['fine-tune-top'],
  seed: 1,
  learningRate: 0.02,
  batchSize: 8,
  checkpointSeconds: 0,
  ...changes,
});

/** Checkpoints in memory, every one that was saved. */
export function memoryCheckpoints(
  last: Uint8Array | null = null,
): CheckpointStore & { saved: Uint8Array[]; last: Uint8Array | null } {
  const store = {
    saved: [] as Uint8Array[],
    last,
    load: async () => store.last,
    async save(bytes: Uint8Array) {
      store.saved.push(bytes);
      store.last = bytes;
    },
    async clear() {
      store.last = null;
    },
  };
  return store;
}
