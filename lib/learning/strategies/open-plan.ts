// Photos through the frozen layers: pictures of a code space's recipe, and a plan in its arithmetic that reads some taps.
// The edge compiles the same plan of the same backbone, so what comes out here is what comes out there, bit for bit.

import type { CodeSpace, TapData } from '../../contract/index.ts';
import type { Graph } from '../../graph/index.ts';
import { type ArithmeticKind, type CompileOptions, compileWith, type Plan } from '../../inference/index.ts';
import type { StrategyParts } from './parts.ts';

export interface OpenPlan {
  /** Whoever opened it disposes of it. */
  plan: Plan;
  /** Outputs of example i, one for each tap. */
  read(i: number): Promise<Float32Array[]>;
}

/** What a backbone's plan is compiled of in a code space, at some taps. */
export async function planOptions(
  { backbone }: Pick<StrategyParts, 'backbone'>,
  { arithmetic, recipe }: CodeSpace,
  taps: TapData[],
): Promise<{ graph: Graph; options: CompileOptions }> {
  const { graph, quantisation } = await backbone.materials(arithmetic.quantisation);
  const kind = arithmetic.kind as ArithmeticKind;
  return { graph, options: { size: recipe.size, taps, arithmetic: kind, quantisation } };
}

/** Opens the plan of `taps` in a code space. */
export async function openPlan(
  parts: Pick<StrategyParts, 'backbone' | 'image' | 'pipeline' | 'kernels'>,
  space: CodeSpace,
  taps: TapData[],
): Promise<OpenPlan> {
  const { graph, options } = await planOptions(parts, space, taps);
  const plan = await compileWith(parts.kernels)(graph, options);
  const picture = pictures(parts, space);
  return { plan, read: async (i) => plan.run(await picture(i)) };
}

/** Example i as the network's input, [size, size, 3]. */
export const pictures =
  ({ image, pipeline }: Pick<StrategyParts, 'image' | 'pipeline'>, { recipe }: CodeSpace) =>
  async (i: number): Promise<Float32Array> =>
    (await pipeline.toTensor(await image(i), recipe)).tensor;
