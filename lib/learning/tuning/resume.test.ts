import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clouds, memoryCheckpoints, netEngine, netSpec, netStart, testSettings } from './testing.ts';
import { type Tuned, type TuneRequest, tune } from './tune.ts';

const net = { inputs: 4, hidden: 6, classes: 3 };
const spec = netSpec(net);
const request = (changes: Partial<TuneRequest> = {}): TuneRequest => ({
  spec,
  ...netStart(spec, 5),
  inputs: clouds(net, { train: 26, heldOut: 20, noise: 1.2, seed: 3 }),
  engine: netEngine(net),
  settings: testSettings({ epochs: 4, patience: 2 }),
  identity: 'clouds',
  ...changes,
});

/** All but what a clock said. */
const outcome = ({ seconds: _, ...rest }: Tuned) => rest;

const killed = new Error('killed');
/** Runs until the process dies in the middle of step number `at`. */
async function runUntil(at: number, changes: Partial<TuneRequest>): Promise<void> {
  const engine = netEngine(net, {
    beforeStep: (step) => {
      if (step === at) throw killed;
    },
  });
  await expect(tune(request({ ...changes, engine }))).rejects.toBe(killed);
}

describe('a training that died', () => {
  it('ends as one that did not, to the bit, wherever it died', async () => {
    const whole = await tune(request());
    for (let at = 0; at < whole.steps; at++) {
      const checkpoints = memoryCheckpoints();
      await runUntil(at, { checkpoints });
      const engine = netEngine(net);
      expect(outcome(await tune(request({ checkpoints, engine })))).toEqual(outcome(whole));
      expect(engine.steps).toBe(whole.steps - at);
    }
  });

  it('does so if it dies again and again, and saves less often than it steps', async () => {
    const settings = testSettings({ epochs: 4, patience: 2, checkpointSeconds: 3, evaluateEvery: 3 });
    const whole = await tune(request({ settings }));
    const checkpoints = memoryCheckpoints();
    let now = 0;
    const clock = () => (now += 300);
    for (let death = 0; death < 4; death++) await runUntil(3, { settings, checkpoints, clock });
    expect(outcome(await tune(request({ settings, checkpoints, clock })))).toEqual(outcome(whole));
  });

  it('is over at once if it died after its last step', async () => {
    const checkpoints = memoryCheckpoints();
    const whole = await tune(request({ checkpoints }));
    const engine = netEngine(net);
    expect(outcome(await tune(request({ checkpoints, engine })))).toEqual(outcome(whole));
    expect(engine.steps).toBe(0);
  });

  it('adds up the seconds of its processes', async () => {
    const checkpoints = memoryCheckpoints();
    let now = 0;
    const clock = () => now;
    const beforeStep = (step: number) => {
      if (step === 3 && !checkpoints.saved[3]) throw killed;
      now += 1000;
    };
    const part = request({ checkpoints, clock, engine: netEngine(net, { beforeStep }) });
    await expect(tune(part)).rejects.toBe(killed);
    now = 5_000_000;
    const engine = netEngine(net, { beforeStep: () => (now += 1000) });
    const { seconds, steps } = await tune(request({ checkpoints, clock, engine }));
    expect(seconds).toBe(steps);
  });
});

describe('a checkpoint', () => {
  const leftBy = async (changes: Partial<TuneRequest> = {}) => {
    const checkpoints = memoryCheckpoints();
    await runUntil(4, { ...changes, checkpoints });
    return checkpoints.last!;
  };
  const stepsWith = async (last: Uint8Array, changes: Partial<TuneRequest> = {}) => {
    const engine = netEngine(net);
    const { steps } = await tune(request({ ...changes, engine, checkpoints: memoryCheckpoints(last) }));
    return { taken: engine.steps, steps };
  };

  it('that is cut short or damaged is not taken up', async () => {
    const file = await leftBy();
    const whole = outcome(await tune(request()));
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: file.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, change) => {
          for (const bad of [file.slice(0, at), file.with(at, file[at]! ^ change)])
            expect(outcome(await tune(request({ checkpoints: memoryCheckpoints(bad) })))).toEqual(whole);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each<[string, Partial<TuneRequest>]>([
    ['settings', { settings: testSettings({ epochs: 4, patience: 2, learningRate: 0.03 }) }],
    ['seed', { settings: testSettings({ epochs: 4, patience: 2, seed: 9 }) }],
    ['start', netStart(spec, 6)],
    ['data', { identity: 'other clouds' }],
  ])('of another training (%s) is not taken up', async (_, changes) => {
    const { taken, steps } = await stepsWith(await leftBy(), changes);
    expect(taken).toBe(steps);
  });

  it('is taken up when only the time between checkpoints is another', async () => {
    const settings = testSettings({ epochs: 4, patience: 2, checkpointSeconds: 99 });
    const { taken, steps } = await stepsWith(await leftBy(), { settings });
    expect(taken).toBe(steps - 4);
  });

  it('that cannot be saved ends nothing where somebody is told', async () => {
    const down = new Error('storage is down');
    const checkpoints = { ...memoryCheckpoints(), save: () => Promise.reject(down) };
    const told: unknown[] = [];
    const onCheckpointFailure = (error: unknown) => told.push(error);
    const tuned = await tune(request({ checkpoints, onCheckpointFailure }));
    expect(outcome(tuned)).toEqual(outcome(await tune(request())));
    expect(told).toEqual(Array(tuned.steps).fill(down));
    await expect(tune(request({ checkpoints }))).rejects.toBe(down);
  });

  it('is saved when its time has come, at a look after a quarter of it, and at the end', async () => {
    let now = 0;
    const checkpoints = memoryCheckpoints();
    const engine = netEngine(net, { beforeStep: () => (now += 1000) });
    const settings = testSettings({ epochs: 3, patience: 9, checkpointSeconds: 1000 });
    await tune(request({ engine, checkpoints, settings, clock: () => now }));
    expect(checkpoints.saved.length).toBe(1);
    const often = memoryCheckpoints();
    // Four steps an epoch: at each third, at each epoch's end.
    await tune(
      request({
        engine: netEngine(net, { beforeStep: () => (now += 1000) }),
        checkpoints: often,
        settings: { ...settings, checkpointSeconds: 3 },
        clock: () => now,
      }),
    );
    expect(often.saved.length).toBe(6);
  });
});
