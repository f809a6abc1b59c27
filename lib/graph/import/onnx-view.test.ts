import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  axis,
  extentOf,
  layoutOf,
  permutation,
  reshaped,
  shapeOf,
  transposed,
  type View,
} from './onnx-view.ts';

/** [1, c, h, w] of a map that holds at each place the number of the value in ONNX's own order. */
function mapOf(c: number, h: number, w: number): { view: View; stored: number[] } {
  const [ca, ha, wa] = [axis(c), axis(h), axis(w)];
  const stored = Array.from({ length: c * h * w }, (_, i) => (i % c) * h * w + Math.floor(i / c));
  const storage = [...ha, ...wa, ...ca];
  return {
    view: { kind: 'view', op: 'op', graphShape: [h, w, c], storage, axes: [[], ca, ha, wa] },
    stored,
  };
}

/** The ONNX tensor's values in its own order, picked out of what is stored. */
function read(view: View, stored: number[]): number[] {
  const order = permutation(view.storage, view.axes.flat()) ?? stored.map((_, i) => i);
  const values: number[] = [];
  for (const [i, value] of stored.entries()) values[order[i]!] = value;
  return values;
}

/** The same by arithmetic on indices. */
function naiveTranspose(values: number[], shape: number[], order: number[]): number[] {
  const out: number[] = [];
  const to = order.map((i) => shape[i]!);
  for (let i = 0; i < values.length; i++) {
    let rest = i;
    const at: number[] = [];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      at[order[axis]!] = rest % to[axis]!;
      rest = Math.floor(rest / to[axis]!);
    }
    out.push(values[at.reduce((index, n, axis) => index * shape[axis]! + n, 0)]!);
  }
  return out;
}

const side = fc.integer({ min: 1, max: 6 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('transpose' as const), seed: fc.nat() }),
  fc.record({ kind: fc.constant('merge' as const), seed: fc.nat() }),
  fc.record({ kind: fc.constant('split' as const), seed: fc.nat() }),
);

describe('a view', () => {
  it('follows any chain of transposes and reshapes as the values themselves would go', () => {
    fc.assert(
      fc.property(side, side, side, fc.array(step, { maxLength: 8 }), (c, h, w, steps) => {
        const made = mapOf(c, h, w);
        let view = made.view;
        let values = Array.from({ length: c * h * w }, (_, i) => i);
        for (const { kind, seed } of steps) {
          const shape = shapeOf(view);
          if (kind === 'transpose') {
            const order = shape
              .map((_, i) => i)
              .sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5) || a - b);
            values = naiveTranspose(values, shape, order);
            view = transposed(view, order, 'It');
          } else if (kind === 'merge' && shape.length > 1) {
            const at = seed % (shape.length - 1);
            view = reshaped(view, shape.toSpliced(at, 2, -1), 'It');
          } else if (kind === 'split' && shape.length < 8) {
            const at = seed % shape.length;
            const factor = [2, 3, 5].find((n) => shape[at]! % n === 0) ?? 1;
            const target = shape.toSpliced(at, 1, factor, shape[at]! / factor);
            try {
              view = reshaped(view, target, 'It');
            } catch (error) {
              // An axis made of 3 · 2 has no beginning at 2.
              expect(String(error)).toMatch(/begins inside it/);
            }
          }
        }
        expect(read(view, made.stored)).toEqual(values);
        expect(extentOf(view.axes.flat())).toBe(c * h * w);
      }),
      { numRuns: 300 },
    );
  });

  it('lies like another whose values stand in the same places, however its axes were taken apart', () => {
    const { view } = mapOf(6, 2, 3);
    const apart = reshaped(view, [1, 2, 3, 2, 3], 'It');
    const back = reshaped(apart, [1, 6, 2, 3], 'It');
    expect(layoutOf(back)).toBe(layoutOf(view));
    const shuffled = reshaped(transposed(apart, [0, 2, 1, 3, 4], 'It'), [1, 6, 2, 3], 'It');
    expect(layoutOf(shuffled)).not.toBe(layoutOf(view));
  });
});
