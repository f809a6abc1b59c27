import { readFileSync } from 'node:fs';
import process from 'node:process';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startWasmBackend } from './wasm-backend-node.ts';

beforeAll(startWasmBackend);

const attrs = { strides: [1, 1], pad: 'same', dilations: [1, 1], dataFormat: 'NHWC' };
const random = (seed: number, ...shape: number[]) => tf.randomUniform(shape, -1, 1, 'float32', seed);
const run = (kernel: string, inputs: tf.NamedTensorMap, more = {}) =>
  tf.engine().runKernel(kernel, inputs, { ...attrs, ...more } as never) as tf.Tensor4D;

/** What one step of training asks of a depthwise and a pointwise layer, each filter a fresh tensor as in a step. */
function step(seed: number): Float32Array[] {
  const values = tf.tidy(() => {
    const x = random(1, 2, 9, 9, 21);
    const filter = random(seed, 3, 3, 21, 1);
    const wide = random(seed + 1, 1, 1, 21, 30);
    const y = run('FusedDepthwiseConv2D', { x, filter, bias: random(3, 21) }, { activation: 'relu6' });
    const z = run('FusedConv2D', { x: y, filter: wide, bias: random(4, 30) }, { activation: 'relu6' });
    const dz = run('ActivationGradient', { dy: random(5, ...z.shape), y: z }, { activation: 'relu6' });
    const dWide = run('Conv2DBackpropFilter', { x: y, dy: dz }, { filterShape: wide.shape });
    const dy = run('Conv2DBackpropInput', { dy: dz, filter: wide }, { inputShape: y.shape });
    const dFilter = run('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { filterShape: filter.shape });
    const dx = run('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { inputShape: x.shape });
    const dBias = run('Sum', { x: dz }, { axis: [0, 1, 2], keepDims: false });
    return [z, dWide, dFilter, dx, dBias];
  });
  const read = values.map((value) => value.dataSync().slice() as Float32Array);
  tf.dispose(values);
  return read;
}

const heapBytes = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.byteLength;

test('a step gives the same bits again', () => {
  const first = step(7);
  step(8);
  expect(step(7)).toEqual(first);
  expect(first[1]!.some((value) => value !== 0)).toBe(true);
});

test('three hundred steps with fresh weights leave no tensor and no growth of the heap', () => {
  for (let seed = 1; seed <= 20; seed++) step(seed);
  const before = { tensors: tf.memory().numTensors, heap: heapBytes() };
  for (let seed = 21; seed <= 320; seed++) step(seed);
  expect({ tensors: tf.memory().numTensors, heap: heapBytes() }).toEqual(before);
});

test('addresses stay right when the heap grows under the kernels', () => {
  const before = step(11);
  const heap = heapBytes();
  const ballast: tf.Tensor[] = [];
  while (heapBytes() === heap) ballast.push(tf.zeros([1 << 20]));
  const during = step(11);
  tf.dispose(ballast);
  expect(during).toEqual(before);
});

test('a clone outlives what it was cloned from, and goes with it in the end', () => {
  const before = tf.memory().numDataBuffers;
  const original = random(1, 5, 7);
  const clone = tf.clone(original);
  const values = original.dataSync().slice();
  original.dispose();
  tf.dispose(random(2, 5, 7));
  expect(clone.dataSync()).toEqual(values);
  clone.dispose();
  expect(tf.memory().numDataBuffers).toBe(before);
});

test('the kernels bring no memory and no data that could lie on tfjs’s own', async () => {
  const bytes = readFileSync(new URL('../../../build/gradients.wasm', import.meta.url));
  const module = await WebAssembly.compile(bytes);
  expect(WebAssembly.Module.imports(module).map(({ kind }) => kind)).toEqual(['memory']);
  expect(new Set(WebAssembly.Module.exports(module).map(({ kind }) => kind))).toEqual(new Set(['function']));
  expect(sectionsOf(bytes)).not.toContain(dataSection);
});

test('starting leaves the process’s handlers of errors alone, and starting again does nothing', async () => {
  const listeners = () =>
    ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
  const backend = tf.backend();
  const before = listeners();
  await startWasmBackend();
  expect(tf.backend()).toBe(backend);
  expect(listeners()).toEqual(before);
  const ofGlue = process.listeners('unhandledRejection').map(String);
  expect(ofGlue.some((text) => text.includes('throw'))).toBe(false);
});

const dataSection = 11;

/** Ids of a WebAssembly binary's sections. */
function sectionsOf(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]!);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return ids;
}
