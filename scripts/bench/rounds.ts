// Contestants in turn, so that what else the machine does falls on all alike: CPU time, time on the clock, and the
// ratio of neighbours in the same round.

import { median } from './report.ts';

export interface Cost {
  cpu: number;
  wall: number;
}

/** Milliseconds of one run; CPU time is that of all threads of this process. */
export async function costOf(run: () => unknown): Promise<Cost> {
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1000, wall: performance.now() - began };
}

export type Rounds = Map<string, Cost[]>;

/**
 * @param measure runs a contestant once and tells what that cost
 * @param warmUp runs before the first round, for compilers that optimise what runs often
 */
export async function inRounds<C>(
  rounds: number,
  contestants: ReadonlyMap<string, C>,
  measure: (contestant: C) => Promise<Cost>,
  warmUp = 5,
): Promise<Rounds> {
  const costs: Rounds = new Map();
  for (const [name, contestant] of contestants) {
    costs.set(name, []);
    for (let i = 0; i < warmUp; i++) await measure(contestant);
  }
  for (let round = 0; round < rounds; round++)
    for (const [name, contestant] of contestants) costs.get(name)!.push(await measure(contestant));
  return costs;
}

/** Median over the rounds of one contestant's CPU time over another's in the same round. */
export function ratio(costs: Rounds, name: string, to: string): number {
  const reference = costs.get(to)!;
  return median(costs.get(name)!.map(({ cpu }, round) => cpu / reference[round]!.cpu));
}

/** `12.3 (11.8)`: median and minimum of CPU milliseconds. */
export function cpuFigure(costs: Rounds, name: string): string {
  const cpu = costs.get(name)!.map((cost) => cost.cpu);
  return `${median(cpu).toFixed(1)} (${Math.min(...cpu).toFixed(1)})`;
}
