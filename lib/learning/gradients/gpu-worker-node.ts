// The program of the process that trains on a GPU: a model on tfjs's WebGPU backend. It reads frames from file 3 and
// answers there, one after the other; when the pipe ends, so does it. Reads block, since there is nothing else to do.

import { readSync, writeSync } from 'node:fs';
import process from 'node:process';
import { deserialize } from 'node:v8';
import { setBackend } from '@tensorflow/tfjs-core';
import { createModel } from '../model/index.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { type Frame, floats, frameParts, frameReader } from './array-frames.ts';
import { failure } from './gradient-messages.ts';
import { requestAdapter } from './webgpu-node.ts';

const pipe = 3;
const read = frameReader();
const chunk = new Uint8Array(1 << 20);
const received: Frame[] = [];

function receive(): Frame {
  while (received.length === 0) {
    const bytes = readSync(pipe, chunk);
    if (bytes === 0) process.exit(0);
    received.push(...read(chunk.subarray(0, bytes)));
  }
  return received.shift()!;
}

function send(head: unknown, arrays: ArrayBufferView[] = []): void {
  for (const part of frameParts(head, arrays))
    for (let at = 0; at < part.length; ) at += writeSync(pipe, part, at);
}

async function answer(model: ReturnType<typeof createModel>, { head, arrays }: Frame): Promise<void> {
  const [inputs, labelBytes, parameters, statistics] = arrays as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  if ((head as { kind: string }).kind === 'logits') {
    send({}, [await model.logits(floats(inputs), floats(parameters), floats(statistics))]);
    return;
  }
  const labels = new Int32Array(labelBytes.buffer);
  const result = await model.lossAndGradients(floats(inputs), labels, floats(parameters), floats(statistics));
  send({ lossSum: result.lossSum, right: result.right }, [result.gradients, result.statistics]);
}

try {
  const spec = deserialize(receive().arrays[0]!) as ModelSpec;
  if (!(await requestAdapter())) throw new Error('there is no adapter');
  // It registers itself only where navigator.gpu is there already.
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await setBackend('webgpu'))) throw new Error('the backend did not start');
  const model = createModel(spec);
  send({});
  for (;;)
    try {
      await answer(model, receive());
    } catch (error) {
      send(failure(error));
    }
} catch (error) {
  send(failure(error));
  process.exit(1);
}
