// Codes of many photos at many taps in one forward pass each, kept in half precision: 2 bytes a number, and the very
// numbers that a dataset's code segments would hold.

import type { CodeSpace, TapData } from '../../contract/index.ts';
import { fromFloat16, toFloat16Bits } from '../../tensors/index.ts';
import { each } from './each.ts';
import { openPlan } from './open-plan.ts';
import type { StrategyParts, StrategyRun } from './parts.ts';

/** Codes at one tap: float16 bits, [n, dims]. */
export interface HalfCodes {
  bits: Uint16Array;
  dims: number;
}

/** Codes of `examples` at each of `taps`, in their order. */
export async function collectCodes(
  parts: Pick<StrategyParts, 'backbone' | 'image' | 'pipeline' | 'kernels'>,
  space: CodeSpace,
  taps: TapData[],
  examples: readonly number[],
  run: StrategyRun,
): Promise<HalfCodes[]> {
  const { plan, read } = await openPlan(parts, space, taps);
  try {
    const all = plan.outputShapes.map((shape): HalfCodes => {
      const dims = shape.reduce((a, b) => a * b, 1);
      return { bits: new Uint16Array(examples.length * dims), dims };
    });
    await each(examples, run, async (example, row) => {
      const codes = await read(example);
      for (const [t, { bits, dims }] of all.entries())
        for (let k = 0; k < dims; k++) bits[row * dims + k] = toFloat16Bits(codes[t]![k]!);
    });
    return all;
  } finally {
    plan.dispose();
  }
}

/** Codes of taps side by side, as a space of several taps has them: float32 [n, sum of dims]. */
export function sideBySide(parts: readonly HalfCodes[]): { codes: Float32Array; dims: number } {
  const [first] = parts;
  if (first && parts.length === 1) return { codes: fromFloat16(first.bits), dims: first.dims };
  const dims = parts.reduce((sum, part) => sum + part.dims, 0);
  const n = first ? first.bits.length / first.dims : 0;
  const codes = new Float32Array(n * dims);
  let offset = 0;
  for (const part of parts) {
    const values = fromFloat16(part.bits);
    for (let i = 0; i < n; i++)
      codes.set(values.subarray(i * part.dims, (i + 1) * part.dims), i * dims + offset);
    offset += part.dims;
  }
  return { codes, dims };
}
