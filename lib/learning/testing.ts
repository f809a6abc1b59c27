// A linear training in short form, with the kernels loaded. Nothing but tests imports this.

import { expect } from 'vitest';
import { buildKernels } from '../../scripts/build-kernels.ts';
import type { Head } from '../heads/index.ts';
import { createLinalg, type Linalg } from '../linalg/index.ts';
import { loadLinalg } from '../linalg/linalg-node.ts';
import type { Split } from './arrange.ts';
import type { Synthetic } from './fixtures/synthetic.ts';
import { outputsFor } from './score-rows.ts';
import type { SoftmaxRows } from './softmax-objective.ts';
import { type RowRange, standardise } from './standardise.ts';
import { type LinearResult, trainLinear } from './train-linear.ts';
import type { LinearTraining } from './training-settings.ts';

await buildKernels();
/** The SIMD kernels, and their twin. */
export const linalg = await loadLinalg();
export const twin = createLinalg();

export function everyFourthHeldOut(n: number): Split[] {
  return Array.from({ length: n }, (_, i) => (i % 4 === 3 ? 'heldout' : 'train'));
}

export function train(
  input: Synthetic & Partial<LinearTraining>,
  options?: Parameters<typeof trainLinear>[1],
) {
  const split = everyFourthHeldOut(input.labels.length);
  return trainLinear({ split, kind: 'softmax', seed: 1, linalg, ...input }, options);
}

/** Examples as fits and objectives take them: the rows of some ranges are fitted. */
export function rowsOf(
  { codes, labels }: Pick<Synthetic, 'codes' | 'labels'>,
  classes: number,
  ranges: RowRange[],
  on: Linalg = linalg,
): SoftmaxRows {
  const n = labels.length;
  const d = codes.length / n;
  const workspace = on.workspace(n, d, outputsFor(classes));
  for (let i = 0; i < n; i++) workspace.x.set(codes.subarray(i * d, (i + 1) * d), i * workspace.stride);
  return { workspace, ranges, truth: labels, scaling: standardise(workspace.x, workspace.stride, d, ranges) };
}

export function asHead({ labels, kind, dims, weight, bias, calibration }: LinearResult): Head {
  const digest = '0'.repeat(64);
  return {
    labels,
    kind,
    dims,
    weight,
    bias,
    calibration,
    codeSpace: digest,
    backbone: digest,
  };
}

/** ‖actual − expected‖ ≤ tolerance·‖expected‖. */
export function expectClose(actual: number[], expected: number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const distance = Math.hypot(...actual.map((value, k) => value - expected[k]!));
  expect(distance).toBeLessThanOrEqual(tolerance * Math.hypot(...expected));
}
