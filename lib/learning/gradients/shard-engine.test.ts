import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../errors/index.ts';
import { type ShardComputer, startShardEngine } from './shard-engine.ts';
import { tinySpec } from './testing/tiny-spec.ts';

const { spec, parameters, statistics, batch } = tinySpec();
const device = { kind: 'cpu', name: 'arithmetic' } as const;

/** Sums whose last bits depend on the order of addition, after a pause that another call decides. */
const computer = (pause: () => Promise<void>, closed: () => void = () => {}): ShardComputer => ({
  async gradients({ inputs, labels, parameters: given }, gradients) {
    await pause();
    gradients.set(given.map((p, i) => p * 1e7 + inputs[i % inputs.length]!));
    return { lossSum: inputs.reduce((a, b) => a + b, 0), right: labels[0]!, statistics: new Float32Array(0) };
  },
  async logits({ inputs }) {
    await pause();
    return new Float32Array((inputs.length / 108) * 3).fill(inputs[0]!);
  },
  async close() {
    closed();
  },
});

const engineOf = (computers: number, start: () => Promise<ShardComputer>, shardSize = 2) =>
  startShardEngine(spec, { device, shardSize, computers, startComputer: start });

describe('an engine over shards', () => {
  it('gives the same bits whoever is free first, and however many compute', async () => {
    const { inputs, labels } = batch(9);
    const one = await engineOf(1, async () => computer(async () => {}));
    const { gradients, ...rest } = await one.step(inputs, labels, parameters, statistics);
    const logits = await one.logits(inputs, parameters, statistics);
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 6 }), async (scheduler, computers) => {
        const pause = () => scheduler.schedule(Promise.resolve());
        const other = await engineOf(computers, async () => computer(pause));
        const step = other.step(inputs, labels, parameters, statistics);
        const asked = other.logits(inputs, parameters, statistics);
        expect(await scheduler.waitFor(step)).toEqual({ gradients, ...rest });
        expect(await scheduler.waitFor(asked)).toEqual(logits);
      }),
      { numRuns: 20 },
    );
  });

  it('gives means over the batch, the last and smaller shard counting for what it holds', async () => {
    const { inputs, labels } = batch(5);
    const { loss, right, gradients } = await (await engineOf(2, async () => computer(async () => {}))).step(
      inputs,
      labels,
      new Float32Array(spec.parameterCount),
      statistics,
    );
    expect(loss).toBeCloseTo(inputs.reduce((a, b) => a + b, 0) / 5, 5);
    expect(right).toBe(labels[0]! + labels[2]! + labels[4]!);
    expect(gradients[0]).toBeCloseTo((inputs[0]! + inputs[216]! + inputs[432]!) / 5, 5);
  });

  it('starts no more computers than a batch has shards', async () => {
    let started = 0;
    const engine = await engineOf(8, async () => {
      started++;
      return computer(async () => {});
    });
    expect(started).toBe(1);
    const { inputs, labels } = batch(6);
    await engine.step(inputs, labels, parameters, statistics);
    expect(started).toBe(3);
  });

  it('ends as a whole when one computer fails, with its reason then and ever after', async () => {
    let closed = 0;
    let started = 0;
    const engine = await engineOf(2, async () => {
      const failing = started++ === 1;
      return computer(
        async () => {
          if (failing) throw new HeadwaterError('trainer-failed', 'It broke.');
        },
        () => closed++,
      );
    });
    const { inputs, labels } = batch(6);
    const failure = { type: 'trainer-failed', message: 'It broke.' };
    await expect(engine.step(inputs, labels, parameters, statistics)).rejects.toMatchObject(failure);
    expect(closed).toBe(2);
    await expect(engine.step(inputs, labels, parameters, statistics)).rejects.toMatchObject(failure);
    await expect(engine.logits(inputs, parameters, statistics)).rejects.toMatchObject(failure);
  });

  it('does not start where its first computer does not', async () => {
    const start = async () => {
      throw new HeadwaterError('unsupported-graph', 'No such layer.');
    };
    await expect(engineOf(2, start)).rejects.toMatchObject({ type: 'unsupported-graph' });
  });
});
