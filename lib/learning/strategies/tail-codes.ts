// Codes of all examples by every program that a trained tail may be published as: one pass of the trunk over the photos.

import { instantiate, type Program } from '../../inference/index.ts';
import { each } from './each.ts';
import type { StrategyRun } from './parts.ts';

/** @returns for each program codes [n, dims] */
export async function tailCodes(
  programs: readonly Program[],
  kernels: WebAssembly.Module,
  examples: number,
  map: (i: number) => Promise<Float32Array>,
  run: StrategyRun,
): Promise<{ codes: Float32Array; dims: number }[]> {
  const plans = programs.map((program) => instantiate(program, kernels));
  try {
    const all = plans.map(({ outputShapes }) => {
      const dims = outputShapes[0]!.reduce((a, b) => a * b, 1);
      return { codes: new Float32Array(examples * dims), dims };
    });
    const everyone = Array.from({ length: examples }, (_, i) => i);
    await each(everyone, run, async (i) => {
      const input = await map(i);
      for (const [p, { codes, dims }] of all.entries()) codes.set(plans[p]!.run(input)[0]!, i * dims);
    });
    return all;
  } finally {
    for (const plan of plans) plan.dispose();
  }
}
