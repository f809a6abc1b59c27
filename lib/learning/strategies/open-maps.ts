// The maps that the trained layers read: what the frozen trunk makes of a photo, or the photo's tensor where nothing is
// frozen.

import type { CodeSpace } from '../../contract/index.ts';
import type { Plan } from '../../inference/index.ts';
import type { MovingLayers } from './layers.ts';
import { openPlan, pictures } from './open-plan.ts';
import type { StrategyParts } from './parts.ts';

export interface OpenMaps {
  /** The trunk's plan; undefined where there is no trunk. */
  trunk: Plan | undefined;
  /** The map of example i, [h, w, c], as the edge makes it. */
  read(i: number): Promise<Float32Array>;
  dispose(): void;
}

/** @param space the request's: arithmetic and recipe are its own, taps are not looked at */
export async function openMaps(
  { from, isWhole }: MovingLayers,
  space: CodeSpace,
  parts: StrategyParts,
): Promise<OpenMaps> {
  if (isWhole) return { trunk: undefined, read: pictures(parts, space), dispose: () => {} };
  const { plan, read } = await openPlan(parts, space, [from]);
  return { trunk: plan, read: async (i) => (await read(i))[0]!, dispose: () => plan.dispose() };
}
