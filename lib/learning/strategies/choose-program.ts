// In which arithmetic a tail is published: in integers, which are twice to four times as fast at an edge, unless that costs
// right answers.

import type { Scored } from '../scored.ts';
import { judge } from './held-out.ts';
import { signTest } from './sign-test.ts';

/** Share of the held-out examples, or one of them, that integers may have wrong beyond what float32 has, if as much could be
 *  chance: less than one example is not to be seen. */
const toleratedLoss = 0.005;
const noiseLevel = 0.05;

/** Held-out figures of integers beside float32's. */
export interface ArithmeticComparison {
  examples: number;
  right: number;
  rightFloat32: number;
  onlyThis: number;
  onlyFloat32: number;
  suffers: boolean;
}

/**
 * Whether integers suffer: they have fewer held-out examples right, and either by more than one and
 * half a point, or by more than what is left to chance.
 */
export function compareArithmetics(integers: Scored, float32: Scored): ArithmeticComparison {
  const [a, b] = [integers, float32].map((scored) => judge(scored, { method: 'none' }).right) as [
    Uint8Array,
    Uint8Array,
  ];
  const count = (of: (i: number) => boolean) => a.reduce((n, _, i) => n + +of(i), 0);
  const right = count((i) => a[i] === 1);
  const rightFloat32 = count((i) => b[i] === 1);
  const onlyThis = count((i) => a[i]! > b[i]!);
  const onlyFloat32 = count((i) => b[i]! > a[i]!);
  const isFewer = right < rightFloat32;
  const isMore = rightFloat32 - right > Math.max(1, toleratedLoss * a.length);
  const isNoChance = signTest(onlyFloat32, onlyThis + onlyFloat32) < noiseLevel;
  return {
    examples: a.length,
    right,
    rightFloat32,
    onlyThis,
    onlyFloat32,
    suffers: isFewer && (isMore || isNoChance),
  };
}
