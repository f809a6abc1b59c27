import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { Random, twoConvolutions } from '../fixtures.ts';
import { compile } from './compile-node.ts';

const options = { size: 9, taps: [{ op: 'op3', pooling: 'avg' as const }], arithmetic: 'float32' as const };

it('shares the wasm backend with whoever started it first, and leaves their tensors and backend alone', async () => {
  await tf.setBackend('wasm');
  const theirs = tf.tensor([1, 2, 3]);
  const random = new Random(1);
  const plan = await compile(twoConvolutions(random), options);
  const input = random.array(243, 1);
  const code = plan.run(input);
  expect([...theirs.dataSync()]).toEqual([1, 2, 3]);

  await tf.setBackend('cpu');
  expect(plan.run(input)).toEqual(code);
  expect(tf.getBackend()).toBe('cpu');
  plan.dispose();
  expect([...tf.add(theirs, 1).dataSync()]).toEqual([2, 3, 4]);
});

it('survives a tidy around it', async () => {
  const random = new Random(2);
  const graph = twoConvolutions(random);
  const input = random.array(243, 1);
  const plan = await compile(graph, options);
  const code = plan.run(input);
  tf.tidy(() => {
    expect(plan.run(input)).toEqual(code);
  });
  expect(plan.run(input)).toEqual(code);
  plan.dispose();
});
