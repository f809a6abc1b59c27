// How far each layer moved from where it began: what discriminative learning rates are for, in numbers.

import type { ModelSpec, ParameterSlot } from '../model/model-spec.ts';
import { learningRateAt } from './learning-rates.ts';
import type { TuningSettings } from './settings.ts';

export interface LayerMovement {
  /** The op whose weights these are (that of the kernel, with what follows it); `head` for the head. */
  layer: string;
  /** 0: the head; growing towards the input. */
  depth: number;
  /** ‖Δw‖₂ / ‖w‖₂ of all its weights, w as they were; null where those were 0. */
  ratio: number | null;
  /** At the top of the schedule. */
  learningRate: number;
}

/** One row for each depth, the head first. */
export function movements(
  { slots }: Pick<ModelSpec, 'slots'>,
  before: Float32Array,
  after: Float32Array,
  settings: Pick<TuningSettings, 'learningRate' | 'headRatio' | 'depthDecay'>,
): LayerMovement[] {
  const depths = [...new Set(slots.map(({ depth }) => depth))].sort((a, b) => a - b);
  return depths.map((depth) => {
    const layer = slots.filter((slot) => slot.depth === depth);
    return {
      layer: (layer.find(({ role }) => role === 'kernel') ?? layer[0]!).op,
      depth,
      ratio: ratioOf(layer, before, after),
      learningRate: learningRateAt(depth, settings),
    };
  });
}

function ratioOf(layer: ParameterSlot[], before: Float32Array, after: Float32Array): number | null {
  let moved = 0;
  let length = 0;
  for (const { offset, length: count } of layer)
    for (let i = offset; i < offset + count; i++) {
      moved += (after[i]! - before[i]!) ** 2;
      length += before[i]! ** 2;
    }
  return length === 0 ? null : Math.sqrt(moved / length);
}
