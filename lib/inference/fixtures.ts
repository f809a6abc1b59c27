// Small graphs and seeded numbers for tests.

import type { Graph, Op, OpAttrs, OpKind, Weight, WeightRoles } from '../graph/index.ts';

/** One op of a graph made by hand; attributes, inputs and weights where they are not the plain ones. */
export interface Layer {
  op: OpKind;
  attrs?: OpAttrs;
  inputs?: string[];
  weights?: Weights;
}
export type Weights = Partial<Record<keyof WeightRoles, Weight>>;

/** A graph of `layers` named op0, op1, …; each reads the one before unless it says otherwise. */
export function graphOf(channels: number, layers: Layer[]): Graph {
  const weights = new Map<string, Weight>();
  const ops = layers.map((layer, i): Op => {
    const roles: WeightRoles = {};
    for (const [role, weight] of Object.entries(layer.weights ?? {})) {
      weights.set(`op${i}/${role}`, weight);
      roles[role as keyof WeightRoles] = `op${i}/${role}`;
    }
    const inputs = layer.inputs ?? [i === 0 ? 'input' : `op${i - 1}`];
    return { name: `op${i}`, op: layer.op, inputs, attrs: layer.attrs ?? {}, weights: roles };
  });
  return { ops, input: { name: 'input', channels }, taps: {}, weights };
}

/** Convolution, relu6, depthwise convolution with batch-norm: 9×9×3 → 5×5×6 → 3×3×4. */
export function twoConvolutions(random: Random): Graph {
  return graphOf(3, [
    {
      op: 'conv2d',
      attrs: { stride: [2, 2], padding: 'same' },
      weights: { kernel: random.weight(3, 3, 3, 6) },
    },
    { op: 'activation', attrs: { activation: 'relu6' } },
    {
      op: 'conv2d',
      attrs: { stride: [2, 2], padding: 'same', groups: 2 },
      weights: { kernel: random.weight(3, 3, 3, 4), bias: random.weight(4) },
    },
    { op: 'activation', attrs: { activation: 'relu' } },
  ]);
}

/** Numbers that look random and come again with the seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** `length` numbers in ±`range`. */
  array(length: number, range: number): Float32Array {
    return Float32Array.from({ length }, () => (2 * this.next() - 1) * range);
  }

  weight(...shape: number[]): Weight {
    return {
      kind: 'float32',
      shape,
      data: this.array(
        shape.reduce((a, b) => a * b, 1),
        1,
      ),
    };
  }
}

/** Cosine of the angle between two codes. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
