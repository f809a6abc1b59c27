// Codes of all examples by every program that a trained tail may be published as: one pass of the trunk over the photos.

import { instantiate, type Program } from '../../inference/index.ts';
import { each } from './each.ts';
import type { StrategyRun } from './parts.ts';

/**
 * @param examples of the set, n of them
 * @returns for each program codes [n, dims]
 */
export async function tailCodes(
  programs: readonly Program[],
  kernels: WebAssembly.Module,
  examples: readonly number[],
  map: (i: number) => Promise<Float32Array>,
  run: StrategyRun,
): Promise<{ codes: Float32Array; dims: number }[]> {
  const plans = programs.map((program) => instantiate(program, kernels));
  try {
    const all = plans.map(({ outputShapes }) => {
      const dims = outputShapes[0]!.reduce((a, b) => a * b, 1);
      return { codes: new Float32Array(examples.length * dims), dims };
    });
    let row = 0;
    await each(examples, run, async (i) => {
      const input = await map(i);
      for (const [p, { codes, dims }] of all.entries()) codes.set(plans[p]!.run(input)[0]!, row * dims);
      row++;
    });
    return all;
  } finally {
    for (const plan of plans) plan.dispose();
  }
}
