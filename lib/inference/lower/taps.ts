// Taps: what a run gives back, pooled or dense, as float32 in memory order.

import type { Op, Tap } from '../../graph/index.ts';
import { sizeOf } from '../../graph/weights.ts';
import { type Context, float32Format } from './context.ts';
import { isVector, padChannels, pixelsOf } from './layout.ts';
import type { Ref } from './memory.ts';
import { unblock } from './moves.ts';
import { mean } from './pool.ts';

/** Where a tap's code is after the run. */
export interface Output {
  shape: number[];
  at: Ref;
}

/** Emits what gives a tap's code, once its value `name` of logical shape `shape` is there. */
export function readTap(op: Op, context: Context, tap: Tap, name: string, shape: number[]): Output {
  const pooled = tap.pooling === 'avg' && shape.length > 1;
  const given = pooled ? [shape.at(-1)!] : shape;
  const made = context.read(op, name);
  const isOne = pixelsOf(made.layout) === 1;
  if (pooled && !isOne) {
    const at = context.scratchBytes(padChannels(made.layout.channels) * 4);
    mean(op, context, made, at);
    return { shape: given, at };
  }
  const value = context.read(op, name, float32Format);
  if (isOne && isVector(value.layout)) return { shape: given, at: value.at };
  const at = context.scratchBytes(sizeOf(shape) * 4);
  unblock(op, context, value, at);
  return { shape: given, at };
}
