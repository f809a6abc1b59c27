import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ahead } from './ahead.ts';
import { courseOf, examplesOf, trainingBatch } from './batches.ts';
import { movements } from './movement.ts';
import { clouds, netSpec } from './testing.ts';

describe('the batches of an epoch', () => {
  it('hold every example once, and differ by one at the most', () => {
    const cases = fc.record({
      examples: fc.integer({ min: 1, max: 200 }),
      batchSize: fc.integer({ min: 2, max: 40 }),
      seed: fc.integer(),
      epoch: fc.nat({ max: 30 }),
    });
    fc.assert(
      fc.property(cases, ({ examples, batchSize, seed, epoch }) => {
        const course = courseOf(examples, { batchSize, epochs: 31, maxSteps: null });
        const batches = Array.from({ length: course.stepsPerEpoch }, (_, at) =>
          examplesOf(epoch * course.stepsPerEpoch + at, course, seed),
        );
        expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: examples }, (_, i) => i));
        const sizes = batches.map(({ length }) => length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(batchSize);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('come in another order in every epoch and for every seed', () => {
    const course = courseOf(40, { batchSize: 8, epochs: 9, maxSteps: null });
    const first = (step: number, seed: number) => examplesOf(step, course, seed).join();
    expect(new Set([first(0, 1), first(5, 1), first(10, 1), first(0, 2), first(0, -1)]).size).toBe(5);
    expect(first(7, 3)).toBe(first(7, 3));
  });

  it('are the inputs of those examples in that epoch, with their labels', async () => {
    const inputs = clouds({ inputs: 2, hidden: 1, classes: 3 }, { train: 10, heldOut: 0, noise: 1, seed: 1 });
    const course = courseOf(10, { batchSize: 5, epochs: 3, maxSteps: null });
    const chosen = examplesOf(3, course, 9);
    const batch = await trainingBatch(inputs, 3, course, 9);
    expect([...batch.labels]).toEqual(chosen.map((i) => inputs.trainLabels[i]));
    expect(batch.inputs.slice(4, 6)).toEqual(await inputs.training(chosen[2]!, 1));
  });

  it('are as many as epochs or steps allow', () => {
    const steps = (maxSteps: number | null) => courseOf(21, { batchSize: 5, epochs: 4, maxSteps }).totalSteps;
    expect([steps(null), steps(7), steps(700)]).toEqual([20, 7, 20]);
  });
});

describe('ahead', () => {
  it('begins each result when the one before it is handed out, and no sooner', async () => {
    const begun: number[] = [];
    const seen: [number, number][] = [];
    for await (const i of ahead(2, 6, async (n) => begun.push(n) + 1)) seen.push([i, begun.length]);
    expect(seen).toEqual([
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 4],
    ]);
  });

  it('throws in its turn, after what came before was handed out', async () => {
    const seen: number[] = [];
    const run = async () => {
      for await (const i of ahead(0, 5, async (n) => {
        if (n === 2) throw new Error('two');
        return n;
      }))
        seen.push(i);
    };
    await expect(run()).rejects.toThrow('two');
    expect(seen).toEqual([0, 1]);
  });

  it('has nothing running once its reader has left', async () => {
    let running = 0;
    for await (const _ of ahead(0, 5, async () => {
      running++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
    }))
      break;
    expect(running).toBe(0);
  });
});

describe('movements', () => {
  it('are lengths of what was added over lengths of what was there, by layer, the head first', () => {
    const spec = netSpec({ inputs: 2, hidden: 1, classes: 2 });
    // hidden: kernel [3, 0], bias [4]; head: weights and biases 0.
    const before = Float32Array.of(3, 0, 4, 0, 0, 0, 0);
    const after = Float32Array.of(3, 0.3, 4.4, 1, 0, 0, 0);
    const settings = { learningRate: 0.1, headRatio: 10, depthDecay: 1 };
    const [head, hidden] = movements(spec, before, after, settings);
    expect(head).toEqual({ layer: 'head', depth: 0, ratio: null, learningRate: 0.1 });
    expect(hidden).toMatchObject({ layer: 'hidden', depth: 1, learningRate: 0.01 });
    expect(hidden!.ratio).toBeCloseTo(0.1, 6);
  });
});
