// Training on processors: threads, each with tfjs's WebAssembly backend. Also with one thread, so that whoever trains can
// still answer, beat and be stopped.

import { cpus } from 'node:os';
import process from 'node:process';
import type { DeviceFacts, StartEngine } from './gradient-engine.ts';
import { startGradientThread } from './gradient-thread-node.ts';
import { startShardEngine } from './shard-engine.ts';
import { trainingThreads } from './training-threads-node.ts';

/**
 * @param threads most threads; a batch of fewer shards uses fewer
 *
 * @example
 * const engine = await cpuEngine(2)(spec, { microBatch: 8 });
 * const { loss, gradients } = await engine.step(inputs, labels, parameters, statistics);
 * await engine.close();
 */
export function cpuEngine(threads: number): StartEngine {
  return (spec, { microBatch }) =>
    startShardEngine(spec, {
      device: cpuFacts(threads),
      shardSize: microBatch,
      computers: threads,
      startComputer: () => startGradientThread(spec),
    });
}

/** With as many threads as HEADWATER_TRAINING_THREADS says, or as there are cores. */
export const startCpuEngine: StartEngine = (spec, options) =>
  cpuEngine(trainingThreads(process.env))(spec, options);

export function cpuFacts(threads: number): DeviceFacts {
  return { kind: 'cpu', name: `${cpuName()}, ${threads} ${threads === 1 ? 'thread' : 'threads'}` };
}

export function cpuName(): string {
  return cpus()[0]?.model.trim() || process.arch;
}
