// Small graphs and seeded numbers for tests.

import type { Graph, Op, OpAttrs, OpKind, Weight, WeightRoles } from '../graph/index.ts';
import { random } from '../graph/testing.ts';

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

/** Numbers that look random and come again with the seed. */
export class Random {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  /** `length` numbers in ±`range`. */
  array(length: number, range: number): Float32Array {
    return Float32Array.from({ length }, () => this.#next() * range);
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
