// When which fault happens: plans for faultyStore. A plan is a function of the call, so that a failure can
// be put exactly where a promise is in danger, or drawn from a seed and replayed by it.

import type { Operation } from './failure.ts';

/**
 * - `fail-before`: the call fails and nothing took place.
 * - `lost-answer`: the call took place, and then fails.
 * - `torn`: the body of a get arrives with only its first `bytes` bytes, and the driver notices.
 * - `corrupt`: one bit of the body of a get is flipped, and no driver can notice; digests must.
 * - `delay`: the call takes place `ms` later.
 */
export type Fault =
  | { kind: 'fail-before' }
  | { kind: 'lost-answer' }
  | { kind: 'torn'; bytes: number }
  | { kind: 'corrupt' }
  | { kind: 'delay'; ms: number };

export interface Call {
  operation: Operation;
  /** The key; of a deletion the first one, of a listing its prefix. */
  key: string;
  /** Counts all calls of the store from 1. */
  number: number;
}

/** What happens to a call: nothing, or a fault. */
export type FaultPlan = (call: Call) => Fault | undefined;

export interface ScriptedFault {
  fault: Fault;
  operation?: Operation;
  /** Only calls whose key holds this text, or matches it. */
  key?: string | RegExp;
  /** Skip this many matching calls first. */
  after?: number;
  /** Fault this many matching calls, 1 unless given. */
  times?: number;
}

/**
 * Faults at stated places. The first entry that matches a call and is not used up decides.
 *
 * @example scriptedFaults([{ operation: 'put', key: 'channels.json', fault: { kind: 'lost-answer' } }])
 */
export function scriptedFaults(script: ScriptedFault[]): FaultPlan {
  const seen = script.map(() => 0);
  return ({ operation, key }) => {
    for (const [i, entry] of script.entries()) {
      if (entry.operation && entry.operation !== operation) continue;
      if (typeof entry.key === 'string' && !key.includes(entry.key)) continue;
      if (entry.key instanceof RegExp && !entry.key.test(key)) continue;
      const after = entry.after ?? 0;
      if (seen[i]! >= after + (entry.times ?? 1)) continue;
      if (seen[i]!++ >= after) return entry.fault;
    }
    return undefined;
  };
}

/** Each call fails with probability `rate`, by one of `faults`; the same seed and calls give the same faults. */
export function seededFaults(options: { seed: number; rate: number; faults: Fault[] }): FaultPlan {
  const random = mulberry32(options.seed);
  return () => {
    const isHit = random() < options.rate;
    const pick = Math.floor(random() * options.faults.length);
    return isHit ? options.faults[pick] : undefined;
  };
}

/** Tommy Ettinger's mulberry32: 32 bits of state, uniform in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
