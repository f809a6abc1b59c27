// An activation that kernels apply as they write: bounds of the output.

import type { Op } from '../../graph/index.ts';
import type { ValueFormat } from './context.ts';

const bounds: Record<string, readonly [number, number]> = { relu: [0, Infinity], relu6: [0, 6] };

/** lo and hi of what an op with a fused activation writes, in the numbers of its format. */
export function boundsOf(op: Op, { scale, zeroPoint, lo, hi }: ValueFormat): [number, number] {
  const [least, most] = bounds[op.attrs.activation ?? ''] ?? [-Infinity, Infinity];
  const stored = (x: number) => Math.round(x / scale) + zeroPoint;
  if (lo === -Infinity) return [least, most];
  return [Math.max(lo, stored(least)), Math.min(hi, stored(most))];
}
