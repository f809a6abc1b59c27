// Two classifiers judged on the same examples: only those that one of them alone names right tell them apart.

import type { ProbeFigures } from '../../lib/contract/index.ts';
import { signTest } from '../../lib/learning/strategies/sign-test.ts';

/** Figures of predictions beside float32's; all three are labels of the same examples in the same order. */
export function comparePredictions(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  float32: ArrayLike<number>,
): ProbeFigures {
  let [right, rightFloat32, onlyThis, onlyFloat32] = [0, 0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    const [isRight, wasRight] = [predicted[i] === truth[i], float32[i] === truth[i]];
    if (isRight) right++;
    if (wasRight) rightFloat32++;
    if (isRight && !wasRight) onlyThis++;
    if (wasRight && !isRight) onlyFloat32++;
  }
  const lossByChance = signTest(onlyFloat32, onlyThis + onlyFloat32);
  return { examples: truth.length, right, rightFloat32, onlyThis, onlyFloat32, lossByChance };
}

/** The sum of several data sets' figures. */
export function pooled(all: readonly ProbeFigures[]): ProbeFigures {
  const sum = (key: keyof ProbeFigures) => all.reduce((total, figures) => total + figures[key], 0);
  const [onlyThis, onlyFloat32] = [sum('onlyThis'), sum('onlyFloat32')];
  return {
    examples: sum('examples'),
    right: sum('right'),
    rightFloat32: sum('rightFloat32'),
    onlyThis,
    onlyFloat32,
    lossByChance: signTest(onlyFloat32, onlyThis + onlyFloat32),
  };
}

/** Points of accuracy that are lost to float32; negative if some are won. */
export const lossInPoints = ({ examples, right, rightFloat32 }: ProbeFigures): number =>
  (100 * (rightFloat32 - right)) / examples;
