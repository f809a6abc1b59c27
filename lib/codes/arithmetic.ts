// In which numbers codes are made: the part of a code space that a backbone's note decides.

import type { CodeSpace } from '../contract/index.ts';
import { type ArithmeticKind, kernelRevision } from '../inference/index.ts';

export interface Arithmetic {
  kind: ArithmeticKind;
  /** Digest of the quantisation file, which integers need; null with float32. */
  quantisation: string | null;
}

export const float32: Arithmetic = { kind: 'float32', quantisation: null };

/** The arithmetic that backbones/<name>/current.json and build/backbone.json state. */
export const arithmeticIn = (note: {
  arithmetic?: ArithmeticKind | undefined;
  quantisation?: string | null | undefined;
}): Arithmetic => ({ kind: note.arithmetic ?? 'float32', quantisation: note.quantisation ?? null });

/** The name of the kernels that make codes in an arithmetic here. */
export const kernelOf = (kind: ArithmeticKind): string => kernelRevision[kind];

/** The same as a code space states it. */
export const statedArithmetic = ({ kind, quantisation }: Arithmetic): CodeSpace['arithmetic'] => ({
  kind,
  quantisation,
  kernel: kernelOf(kind),
});
