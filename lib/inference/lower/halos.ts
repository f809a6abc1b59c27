// Which values need a halo, and how wide: decided before anything is written, because the pitch of lines and planes
// depends on it. Only convolutions read beyond the picture; pools look where it ends.

import type { Op } from '../../graph/index.ts';
import { weightOf } from '../../graph/weights.ts';
import {
  type Argument,
  type Arithmetic,
  float32Format,
  type Halo,
  type Place,
  type ValueFormat,
} from './context.ts';
import { takesColumns } from './kinds.ts';
import { noHalo, pixelBytesOf } from './layout.ts';
import { plus } from './memory.ts';
import type { Prepared } from './prepare.ts';
import { reachOf, windowOf } from './window.ts';

/** A value in one format, as a key. */
export const formatKey = (name: string, { storage, scale, zeroPoint }: ValueFormat): string =>
  `${storage} ${scale} ${zeroPoint} ${name}`;

/** The format in which a convolution or dense layer reads its input. */
export const operandOf = (arithmetic: Arithmetic, op: Op): ValueFormat =>
  arithmetic.integer(op) ? arithmetic.formats(op.inputs[0]!).operand : float32Format;

/** The widest halo that convolutions need around each value, by {@link formatKey}. */
export function halosOf({ graph, shapes }: Prepared, arithmetic: Arithmetic): Map<string, Halo> {
  const halos = new Map<string, Halo>();
  for (const op of graph.ops) {
    if (op.op !== 'conv2d' || takesColumns(graph, op)) continue;
    const name = op.inputs[0]!;
    const { shape: kernel } = weightOf(graph, op.weights.kernel, op.name);
    const reach = reachOf(windowOf(op, kernel, shapes.get(name)!), shapes.get(name)!);
    const key = formatKey(name, operandOf(arithmetic, op));
    halos.set(key, widest(halos.get(key) ?? noHalo, reach));
  }
  return halos;
}

export function widest(a: Halo, b: Halo): Halo {
  return {
    top: Math.max(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
    left: Math.max(a.left, b.left),
  };
}

export const isEmpty = ({ top, right, bottom, left }: Halo): boolean => top + right + bottom + left === 0;

/** Arguments of the kernel that sets a value's halo to its zero. */
export function haloArgs({ at, layout, format }: Place): Argument[] {
  const { halo, plane, row, planes, height, width } = layout;
  const pixel = pixelBytesOf[layout.storage];
  const zero = layout.storage === 'u7' ? format.zeroPoint : 0;
  const sides = [halo.left * pixel, width * pixel, halo.right * pixel];
  return [plus(at, -layout.origin), plane, row, planes, halo.top, height, halo.bottom, ...sides, zero];
}
