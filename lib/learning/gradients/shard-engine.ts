// A gradient engine over computers of shards: it cuts a batch into shards of fixed size, gives each to whichever computer
// is free, and adds up what they answer in the shards' order. Who computes (a thread, a process at a GPU) is not its
// business, and how many of them there are changes no bit of the result.

import { HeadwaterError } from '../../errors/index.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import type { DeviceFacts, GradientEngine } from './gradient-engine.ts';
import { reduceShards, type ShardSums } from './reduce-shards.ts';

/** One shard of a batch. Arrays lie in memory that threads may share. */
export interface Shard {
  /** [n, h, w, c] */
  inputs: Float32Array;
  /** [n]; empty where logits are asked for. */
  labels: Int32Array;
  /** [parameterCount] */
  parameters: Float32Array;
  /** [statisticsCount] */
  statistics: Float32Array;
}

/** Computes one shard at a time. What it rejects with is a HeadwaterError. */
export interface ShardComputer {
  /** Writes the sums of the gradients [parameterCount] into `gradients`. */
  gradients(shard: Shard, gradients: Float32Array): Promise<ShardSums>;
  /** [n, classes] */
  logits(shard: Shard): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface ShardEngineParts {
  device: DeviceFacts;
  /** Examples of one shard; the last of a batch may have fewer. */
  shardSize: number;
  /** Most computers at once. They are started when there is work for them, the first at once. */
  computers: number;
  startComputer(): Promise<ShardComputer>;
}

/** @throws what the first computer's start throws */
export async function startShardEngine(spec: ModelSpec, parts: ShardEngineParts): Promise<GradientEngine> {
  const pool = createPool(parts);
  await pool.start();
  const inputLength = spec.inputShape.reduce((a, b) => a * b, 1);
  const parameters = shared(spec.parameterCount);
  const statistics = shared(spec.statisticsCount);
  const gradients = new Float32Array(spec.parameterCount);
  /** Of each shard of a batch. */
  const sums: Float32Array[] = [];
  /** What each computer reads its shard from. */
  const slots: { inputs: Float32Array; labels: Int32Array }[] = [];

  const shardOf = (slot: number, inputs: Float32Array, labels: Int32Array): Shard => {
    const place = (slots[slot] ??= {
      inputs: shared(parts.shardSize * inputLength),
      labels: new Int32Array(new SharedArrayBuffer(parts.shardSize * Int32Array.BYTES_PER_ELEMENT)),
    });
    place.inputs.set(inputs);
    place.labels.set(labels);
    return {
      inputs: place.inputs.subarray(0, inputs.length),
      labels: place.labels.subarray(0, labels.length),
      parameters,
      statistics,
    };
  };

  const step: GradientEngine['step'] = async (inputs, labels, newParameters, newStatistics) => {
    const bounds = cut(labels.length, parts.shardSize);
    parameters.set(newParameters);
    statistics.set(newStatistics);
    while (sums.length < bounds.length) sums.push(shared(spec.parameterCount));
    const answers = await pool.run(bounds.length, (computer, slot, i) => {
      const { from, to } = bounds[i]!;
      const part = inputs.subarray(from * inputLength, to * inputLength);
      return computer.gradients(shardOf(slot, part, labels.subarray(from, to)), sums[i]!);
    });
    const sizes = bounds.map(({ from, to }) => to - from);
    return reduceShards(answers, sums.slice(0, bounds.length), sizes, gradients);
  };

  const logits: GradientEngine['logits'] = async (inputs, newParameters, newStatistics) => {
    const n = inputs.length / inputLength;
    const bounds = cut(n, parts.shardSize);
    parameters.set(newParameters);
    statistics.set(newStatistics);
    const all = new Float32Array(n * spec.classes);
    await pool.run(bounds.length, async (computer, slot, i) => {
      const { from, to } = bounds[i]!;
      const part = inputs.subarray(from * inputLength, to * inputLength);
      all.set(await computer.logits(shardOf(slot, part, new Int32Array(0))), from * spec.classes);
    });
    return all;
  };

  // Parameters are shared by all that runs: calls wait for one another.
  return {
    device: parts.device,
    step: (...args) => pool.inTurn(() => step(...args)),
    logits: (...args) => pool.inTurn(() => logits(...args)),
    close: pool.close,
  };
}

function createPool({ computers: most, startComputer }: ShardEngineParts) {
  const computers: Promise<ShardComputer>[] = [];
  /** Why nothing runs here any more. */
  let ended: unknown;
  let last: Promise<unknown> = Promise.resolve();

  const grow = (count: number) => {
    while (computers.length < Math.min(count, most)) {
      const computer = startComputer();
      computer.catch(() => {}); // Told by whoever waits for it.
      computers.push(computer);
    }
  };
  const closeAll = () =>
    Promise.allSettled(computers.map(async (computer) => (await computer).close())).then(() => {});

  /** Ends everything: with one shard lost, the sum of a step is. */
  const fail = async (error: unknown): Promise<never> => {
    ended ??= error;
    await closeAll();
    throw ended;
  };

  return {
    async start(): Promise<void> {
      grow(1);
      await computers[0]!.catch(fail);
    },

    /** Runs `count` tasks on whichever computer is free; answers in their order. */
    async run<R>(
      count: number,
      task: (computer: ShardComputer, slot: number, i: number) => Promise<R>,
    ): Promise<R[]> {
      if (ended) throw ended;
      grow(count);
      const answers = new Array<R>(count);
      let next = 0;
      const work = async (starting: Promise<ShardComputer>, slot: number) => {
        const computer = await starting;
        while (next < count && !ended) {
          const i = next++;
          answers[i] = await task(computer, slot, i);
        }
      };
      await Promise.all(computers.map(work)).catch(fail);
      if (ended) throw ended;
      return answers;
    },

    inTurn<R>(call: () => Promise<R>): Promise<R> {
      const result = last.then(call);
      last = result.catch(() => {});
      return result;
    },

    async close(): Promise<void> {
      ended ??= new HeadwaterError('cancelled', 'The training was ended.');
      await closeAll();
    },
  };
}

/** Bounds [from, to) of each shard of n examples. */
function cut(n: number, size: number): { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(n / size) }, (_, i) => ({
    from: i * size,
    to: Math.min(n, (i + 1) * size),
  }));
}

/** Memory that threads read and write without copies. */
function shared(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}
