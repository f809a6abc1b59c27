import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { createModel } from '../model/index.ts';
import { cpuEngine } from './cpu-engine-node.ts';
import { startGradientThread } from './gradient-thread-node.ts';
import { tinySpec } from './testing/tiny-spec.ts';
import { trainingThreads } from './training-threads-node.ts';
import { startWasmBackend } from './wasm-backend-node.ts';

const { spec, parameters, statistics, batch } = tinySpec();
const { inputs, labels } = batch(7);
const microBatch = 2;

describe('an engine of threads', () => {
  const engines = [1, 2, 3].map((threads) => cpuEngine(threads)(spec, { microBatch }));
  afterAll(async () => {
    for (const engine of engines) await (await engine).close();
  });

  it('gives what the model gives for the whole batch', async () => {
    await startWasmBackend();
    const model = createModel(spec);
    const whole = await model.lossAndGradients(inputs, labels, parameters, statistics);
    const step = await (await engines[1]!).step(inputs, labels, parameters, statistics);
    expect(step.loss).toBeCloseTo(whole.lossSum / 7, 5);
    expect(step.right).toBe(whole.right);
    for (const [i, gradient] of step.gradients.entries())
      expect(gradient).toBeCloseTo(whole.gradients[i]! / 7, 5);
    const logits = await (await engines[1]!).logits(inputs, parameters, statistics);
    const expected = await model.logits(inputs, parameters, statistics);
    for (const [i, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[i]!, 5);
    model.dispose();
  });

  it('gives the same bits with one, two and three threads, at every step', async () => {
    const [first, ...others] = await Promise.all(engines);
    for (let round = 0; round < 3; round++) {
      const given = parameters.map((p) => p * (1 + round));
      const { gradients, ...rest } = await first!.step(inputs, labels, given, statistics);
      const logits = await first!.logits(inputs, given, statistics);
      for (const other of others) {
        expect(await other.step(inputs, labels, given, statistics)).toEqual({ gradients, ...rest });
        expect(await other.logits(inputs, given, statistics)).toEqual(logits);
      }
    }
  });

  it('names the processor and the threads', async () => {
    expect((await engines[0]!).device).toMatchObject({
      kind: 'cpu',
      name: expect.stringMatching(/, 1 thread$/),
    });
    expect((await engines[1]!).device.name).toMatch(/, 2 threads$/);
  });
});

it('averages the statistics of a batch over its shards, by their examples', async () => {
  const tiny = tinySpec('batch');
  const engine = await cpuEngine(2)(tiny.spec, { microBatch });
  const { inputs, labels } = tiny.batch(3);
  const part = (from: number, to: number) =>
    engine.step(inputs.slice(from * 108, to * 108), labels.slice(from, to), tiny.parameters, tiny.statistics);
  const first = (await part(0, 2)).statistics;
  const second = (await part(2, 3)).statistics;
  const both = (await part(0, 3)).statistics;
  expect(both).toHaveLength(tiny.spec.statisticsCount);
  for (const [i, value] of both.entries()) expect(value).toBeCloseTo((2 * first[i]! + second[i]!) / 3, 6);
  await engine.close();
});

describe('when something goes wrong', () => {
  it('says why a model cannot be built, and leaves no thread behind', async () => {
    const [op, ...ops] = spec.graph.ops;
    const broken = {
      ...spec,
      graph: { ...spec.graph, ops: [{ ...op!, weights: {} }, ...ops] },
      slots: [],
    };
    const engine = cpuEngine(1)(broken, { microBatch }).then((started) =>
      started.step(inputs, labels, parameters, statistics),
    );
    await expect(engine).rejects.toMatchObject({
      type: 'trainer-failed',
      message: expect.stringContaining('batchSize'),
    });
  });

  it('says that a thread ended in the middle of a task', async () => {
    const file = new URL('./testing/dying-worker-node.ts', import.meta.url);
    const thread = await startGradientThread(spec, file);
    const shard = { inputs, labels, parameters, statistics };
    const failure = { type: 'trainer-failed', cause: expect.objectContaining({ message: 'exit code 7' }) };
    await expect(thread.gradients(shard, parameters)).rejects.toMatchObject(failure);
    await expect(thread.logits(shard)).rejects.toMatchObject(failure);
  });

  it('gives a step up at once when it is closed', async () => {
    const engine = await cpuEngine(1)(spec, { microBatch });
    const step = engine.step(inputs, labels, parameters, statistics);
    await Promise.all([expect(step).rejects.toMatchObject({ type: 'cancelled' }), engine.close()]);
    await expect(engine.logits(inputs, parameters, statistics)).rejects.toMatchObject({ type: 'cancelled' });
  });
});

it('keeps no process alive once it is closed', () => {
  const program = `
    const { cpuEngine } = await import('${new URL('./cpu-engine-node.ts', import.meta.url)}');
    const { tinySpec } = await import('${new URL('./testing/tiny-spec.ts', import.meta.url)}');
    const { spec, parameters, statistics, batch } = tinySpec();
    const { inputs, labels } = batch(4);
    const engine = await cpuEngine(2)(spec, { microBatch: 2 });
    await engine.step(inputs, labels, parameters, statistics);
    await engine.close();
    console.log('closed');`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
    timeout: 50_000,
  });
  expect(stdout).toContain('closed');
  expect(status).toBe(0);
});

it('takes as many threads as it is told, and says so where that is no number', () => {
  expect(trainingThreads({ HEADWATER_TRAINING_THREADS: '3' })).toBe(3);
  expect(trainingThreads({})).toBeGreaterThanOrEqual(1);
  for (const text of ['0', '-1', 'two', '1.5', '1000'])
    expect(() => trainingThreads({ HEADWATER_TRAINING_THREADS: text })).toThrow('HEADWATER_TRAINING_THREADS');
});
