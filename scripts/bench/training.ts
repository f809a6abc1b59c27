// A step of fine-tuning: MobileNet v1's layers from conv_dw_11 onwards, a batch of 16, on our engine with one and two
// threads, on tfjs's own backend for processors, and on a GPU where there is one.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setBackend } from '@tensorflow/tfjs-core';
import { presets } from '../../cli/backbone/recipe-options.ts';
import { importFrom } from '../../cli/backbone/source.ts';
import { tailAfterTap } from '../../lib/graph/index.ts';
import { cpuEngine } from '../../lib/learning/gradients/cpu-engine-node.ts';
import { chooseEngine, findDevice } from '../../lib/learning/gradients/device-node.ts';
import type { GradientEngine } from '../../lib/learning/gradients/gradient-engine.ts';
import { createModel, initialParameters, type ModelSpec, modelSpec } from '../../lib/learning/model/index.ts';
import { createRng } from '../../lib/linalg/index.ts';
import { root } from '../dev/configs.ts';
import { interleaved, median, type Section, table } from './report.ts';

const cutAfter = 'conv_pw_10_relu';
const inputShape: [number, number, number] = [14, 14, 512];
const classes = 2;
const batch = 16;
const microBatch = 8;
const rounds = 5;
/** tfjs's own backend takes many times as long, in proportion to the examples: it is given one, once. */
const referenceBatch = 1;
const referenceName = 'tfjs-backend-cpu';

export async function training(): Promise<Section> {
  const title = 'A step of fine-tuning';
  const source = join(root, '../shared/backbones/mobilenet-v1-imagenet');
  if (!existsSync(source)) return { title, text: 'Not measured: the backbone is not here.' };
  const { graph } = await importFrom(source, presets['imagenet-tf']);
  const tail = tailAfterTap(graph, { op: cutAfter, pooling: 'none', pre: false }, inputShape[2]);
  const output = graph.taps.final!;
  const spec = modelSpec(tail, { inputShape, output, classes, loss: 'softmax', batchNorm: 'frozen' });

  const engines = new Map<string, GradientEngine>();
  for (const threads of [1, 2])
    engines.set(
      `CPU, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      await cpuEngine(threads)(spec, { microBatch }),
    );
  const gpu = await gpuOf(spec);
  if (gpu.engine) engines.set(`GPU, ${gpu.engine.device.name}`, gpu.engine);
  try {
    return { title, text: `${await measured(spec, engines)}\n\n${gpu.note}` };
  } finally {
    for (const engine of engines.values()) await engine.close();
  }
}

async function measured(spec: ModelSpec, engines: ReadonlyMap<string, GradientEngine>): Promise<string> {
  const { parameters, statistics } = initialParameters(spec);
  const rng = createRng(1);
  const inputs = Float32Array.from({ length: batch * inputShape.reduce((a, b) => a * b, 1) }, () =>
    rng.uniform(),
  );
  const labels = Int32Array.from({ length: batch }, (_, i) => i % classes);
  const times = await interleaved(
    rounds,
    Object.fromEntries(
      [...engines].map(([name, engine]) => [name, () => engine.step(inputs, labels, parameters, statistics)]),
    ),
  );
  await import('@tensorflow/tfjs-backend-cpu');
  await setBackend('cpu');
  const model = createModel(spec);
  const reference = async (n: number) => {
    const began = performance.now();
    const part = inputs.subarray(0, n * (inputs.length / batch));
    await model.lossAndGradients(part, labels.subarray(0, n), parameters, statistics);
    return (performance.now() - began) * (batch / n);
  };
  const slow = await reference(referenceBatch);
  model.dispose();
  const steps = Object.entries(times).map(([name, ms]): [string, number] => [name, median(ms)]);
  const rows = [...steps, [referenceName, slow] as const].map(([name, step]) => [
    name,
    (step / 1000).toFixed(3),
    (batch / (step / 1000)).toPrecision(3),
    (step / slow).toPrecision(2),
  ]);
  return `MobileNet v1 (ImageNet) from conv_dw_11 onwards, ${spec.parameterCount} numbers that move, batch ${batch}, shards of ${microBatch} on the CPU; medians of ${rounds} interleaved steps. ${referenceName}: one of ${referenceBatch} example, times ${batch / referenceBatch}.\n\n${table(['engine', 'seconds per step', 'images/s', `÷ ${referenceName}`], rows)}`;
}

/** A software adapter would say nothing of a GPU. */
async function gpuOf(spec: ModelSpec): Promise<{ engine?: GradientEngine; note: string }> {
  const devices = await findDevice(process.env);
  if (!devices.gpu || devices.gpu.software)
    return { note: `No GPU: ${devices.refused ?? devices.gpu?.name}` };
  const { start } = await chooseEngine('gpu', process.env, devices);
  return { engine: await start(spec, { microBatch }), note: 'The GPU takes the batch as one shard.' };
}
