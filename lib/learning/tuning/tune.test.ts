import { describe, expect, it } from 'vitest';
import { calibratedLoss } from './losses.ts';
import { clouds, netEngine, netSpec, netStart, testSettings } from './testing.ts';
import { type TuneRequest, tune } from './tune.ts';

const net = { inputs: 4, hidden: 8, classes: 3 };
const spec = netSpec(net);
const data = clouds(net, { train: 42, heldOut: 30, noise: 0.9, seed: 3 });

const request = (changes: Partial<TuneRequest> = {}): TuneRequest => ({
  spec,
  ...netStart(spec, 5),
  inputs: data,
  engine: netEngine(net),
  settings: testSettings(),
  identity: 'clouds',
  ...changes,
});

describe('tune', () => {
  it('learns a small set by heart', async () => {
    const few = clouds(net, { train: 12, heldOut: 3, noise: 0.2, seed: 8 });
    const settings = testSettings({ epochs: 60, patience: 60, headRatio: 1, depthDecay: 1 });
    const { trainAccuracy, curves } = await tune(request({ inputs: few, settings }));
    expect(trainAccuracy).toBe(1);
    expect(curves.at(-1)!.trainLoss!).toBeLessThan(0.5 * curves[1]!.trainLoss!);
  });

  it('gives back the weights with the lowest held-out loss, those that it began with included', async () => {
    const settings = testSettings({ epochs: 40, patience: 40, learningRate: 0.2, clipNorm: 10 });
    const noisy = clouds(net, { train: 24, heldOut: 30, noise: 2, seed: 4 });
    const { parameters, statistics, bestStep, curves, heldOutLogits } = await tune(
      request({ inputs: noisy, settings }),
    );
    const losses = curves.map(({ heldOutLoss }) => heldOutLoss!);
    const least = Math.min(...losses);
    expect(curves.find(({ step }) => step === bestStep)!.heldOutLoss).toBe(least);
    expect(losses.at(-1)).toBeGreaterThan(least);
    expect(await calibratedLoss(heldOutLogits, noisy.heldOutLabels, 3, 'softmax')).toBe(least);
    const again = await netEngine(net).logits(await noisy.heldOut(0), parameters, statistics);
    expect(again).toEqual(heldOutLogits.slice(0, 3));
  });

  it('keeps what it began with where nothing is better', async () => {
    const inputs = clouds(net, { train: 24, heldOut: 30, noise: 2, seed: 4 });
    const settled = testSettings({ epochs: 30, patience: 30 });
    const start = (await tune(request({ inputs, settings: settled }))).parameters;
    const upset = testSettings({ learningRate: 5, epochs: 3 });
    const worse = await tune(request({ inputs, parameters: start, settings: upset }));
    expect(worse.bestStep).toBe(0);
    expect(worse.parameters).toEqual(start);
    expect(worse.moved.every(({ ratio }) => ratio === 0 || ratio === null)).toBe(true);
  });

  it('ends when the held-out loss has not fallen for as many epochs as it has patience', async () => {
    const settings = testSettings({ epochs: 50, patience: 3, learningRate: 0.3, clipNorm: 10 });
    const noisy = clouds(net, { train: 24, heldOut: 30, noise: 2, seed: 4 });
    const { stoppedBy, steps, bestStep } = await tune(request({ inputs: noisy, settings }));
    expect(stoppedBy).toBe('patience');
    expect(steps - bestStep).toBe(3 * 3);
  });

  it('ends after as many steps as are allowed, the schedule stretched over those', async () => {
    const settings = testSettings({ maxSteps: 7 });
    const { stoppedBy, steps, curves } = await tune(request({ settings }));
    expect([stoppedBy, steps]).toEqual(['steps', 7]);
    expect(curves.map(({ step }) => step)).toEqual([0, 6, 7]);
    expect(curves.at(-1)!.learningRate).toBeLessThan(0.1 * settings.learningRate);
  });

  it('looks as often as it is told', async () => {
    const settings = testSettings({ epochs: 2, evaluateEvery: 5 });
    const { curves } = await tune(request({ settings }));
    expect(curves.map(({ step }) => step)).toEqual([0, 5, 10, 12]);
    expect(curves.map(({ epoch }) => epoch)).toEqual([0, 5 / 6, 10 / 6, 2]);
  });

  it('runs all epochs and keeps the last weights where nothing is held out', async () => {
    const settings = testSettings({ epochs: 4, patience: 1 });
    const inputs = clouds(net, { train: 42, heldOut: 0, noise: 0.9, seed: 3 });
    const { stoppedBy, steps, bestStep, gap, heldOutLogits, curves } = await tune(
      request({ inputs, settings }),
    );
    expect([stoppedBy, steps, bestStep, gap]).toEqual(['epochs', 24, 24, null]);
    expect(heldOutLogits.length).toBe(0);
    expect(curves.at(-1)).toMatchObject({ heldOutLoss: null, heldOutAccuracy: null });
    expect(curves.at(-1)!.trainLoss).toBeGreaterThan(0);
  });

  it('moves lower layers less with discriminative rates than with equal ones', async () => {
    const hidden = async (headRatio: number) => {
      const settings = testSettings({ epochs: 5, patience: 5, headRatio });
      const { moved } = await tune(
        request({ inputs: { ...data, heldOutLabels: new Int32Array() }, settings }),
      );
      expect(moved.map(({ layer, depth }) => [layer, depth])).toEqual([
        ['head', 0],
        ['hidden', 1],
      ]);
      return moved[1]!;
    };
    const [equal, slower] = [await hidden(1), await hidden(10)];
    expect(slower.learningRate).toBe(equal.learningRate / 10);
    expect(slower.ratio!).toBeLessThan(0.3 * equal.ratio!);
  });

  it('comes to the same bits with the same seed, and to others with another', async () => {
    const run = async (seed: number) =>
      (await tune(request({ settings: testSettings({ seed }) }))).parameters;
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('leaves the weights that it was given alone', async () => {
    const { parameters, statistics } = netStart(spec, 5);
    await tune(request({ parameters, statistics }));
    expect(parameters).toEqual(netStart(spec, 5).parameters);
  });

  it('tells how far it is, never less than before, in words', async () => {
    const told: [number, string][] = [];
    await tune(
      request({
        settings: testSettings({ epochs: 3, patience: 9 }),
        onProgress: (progress, note) => told.push([progress, note]),
      }),
    );
    const progress = told.map(([share]) => share);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    expect(told.at(-1)![1]).toMatch(/^epoch 3 of 3: loss [\d.]+, held-out [\d.]+ %$/);
  });

  it('ends between two steps when it is cancelled, and tells of no more', async () => {
    const signal = { aborted: false };
    const engine = netEngine(net, {
      beforeStep: (step) => {
        signal.aborted = step === 4;
      },
    });
    await expect(tune(request({ engine, signal }))).rejects.toMatchObject({ type: 'cancelled' });
    expect(engine.steps).toBe(5);
  });

  it.each(['training', 'heldOut', 'plain'] as const)(
    'makes no more inputs once it is cancelled (%s): a batch of photos may take long',
    async (kind) => {
      const signal = { aborted: false };
      let made = 0;
      const inputs = {
        ...data,
        async [kind](i: number, epoch: number) {
          await new Promise((resolve) => setTimeout(resolve));
          signal.aborted = ++made >= 3;
          return data[kind](i, epoch);
        },
      };
      await expect(tune(request({ inputs, signal }))).rejects.toMatchObject({ type: 'cancelled' });
      expect(made).toBe(3);
    },
  );

  it.each([Number.NaN, Infinity])('says so, and what to do, when the loss is %d', async (loss) => {
    const engine = netEngine(net, { lossAt: (step) => (step === 3 ? loss : undefined) });
    await expect(tune(request({ engine }))).rejects.toMatchObject({
      type: 'training-diverged',
      facts: { step: 4, learningRate: 0.02 },
    });
  });

  it('passes on what making an input threw, and waits for what it had begun', async () => {
    let open = 0;
    const inputs = {
      ...data,
      async training(i: number, epoch: number) {
        open++;
        await new Promise((resolve) => setTimeout(resolve));
        open--;
        if (epoch === 1) throw new Error('no such picture');
        return data.training(i, epoch);
      },
    };
    await expect(tune(request({ inputs }))).rejects.toThrow('no such picture');
    expect(open).toBe(0);
  });
});
