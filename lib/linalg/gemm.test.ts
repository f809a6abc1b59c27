import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildKernels } from '../../scripts/build-kernels.ts';
import { createLinalg, createRng, type Linalg, type Workspace } from './index.ts';
import { loadLinalg } from './linalg-node.ts';

let wasm: Linalg;
const twin = createLinalg();

beforeAll(async () => {
  await buildKernels();
  wasm = await loadLinalg();
});

/** Fills X, W and R with numbers of very different size, so that another order of summation shows. */
function fill(workspace: Workspace, seed: number): void {
  const rng = createRng(seed);
  const number = () => (rng.uniform() - 0.5) * 2 ** (rng.below(24) - 12);
  const { cols, stride } = workspace;
  for (const [array, width, step] of [
    [workspace.x, cols, stride],
    [workspace.weights, cols, stride],
    [workspace.residuals, workspace.outputs, workspace.outputs],
  ] as const)
    for (let at = 0; at < array.length; at += step) for (let k = 0; k < width; k++) array[at + k] = number();
}

const shapes = fc.record({
  rows: fc.integer({ min: 1, max: 150 }),
  cols: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 250, max: 600 })),
  outputs: fc.integer({ min: 1, max: 12 }),
  seed: fc.nat(),
  cut: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
});

describe('the two products', () => {
  it('are the same bits from SIMD kernels and twin, for every shape and range of rows', () => {
    fc.assert(
      fc.property(shapes, ({ rows, cols, outputs, seed, cut }) => {
        const [from, to] = cut.map((at) => Math.round(at * rows)).sort((a, b) => a - b) as [number, number];
        const [a, b] = [wasm, twin].map((linalg) => {
          const workspace = linalg.workspace(rows, cols, outputs);
          fill(workspace, seed);
          workspace.computeScores(0, rows);
          workspace.computeScores(from, to);
          workspace.addGradient(from, to);
          workspace.addGradient(0, rows);
          return workspace;
        }) as [Workspace, Workspace];
        expect(bytesOf(a.scores)).toEqual(bytesOf(b.scores));
        expect(bytesOf(a.gradient)).toEqual(bytesOf(b.gradient));
      }),
      { numRuns: 150 },
    );
  });

  it.each(['wasm', 'twin'])('are the textbook sums up to float32 rounding (%s)', (kind) => {
    const [rows, cols, outputs] = [70, 300, 5];
    const workspace = (kind === 'wasm' ? wasm : twin).workspace(rows, cols, outputs);
    fill(workspace, 3);
    workspace.computeScores(0, rows);
    workspace.addGradient(0, rows);
    const { x, weights, residuals, stride } = workspace;
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < outputs; j++) {
        const terms = Array.from({ length: cols }, (_, k) => x[i * stride + k]! * weights[j * stride + k]!);
        expectSum(workspace.scores[i * outputs + j]!, terms);
      }
    for (let j = 0; j < outputs; j++)
      for (let k = 0; k < cols; k++) {
        const terms = Array.from(
          { length: rows },
          (_, i) => x[i * stride + k]! * residuals[i * outputs + j]!,
        );
        expectSum(workspace.gradient[j * stride + k]!, terms);
      }
  });

  it('leave rows outside the range alone', () => {
    const workspace = wasm.workspace(10, 40, 3);
    fill(workspace, 1);
    workspace.scores.fill(7);
    workspace.computeScores(3, 6);
    const touched = [...workspace.scores].map((score, at) => (score === 7 ? -1 : Math.floor(at / 3)));
    expect(new Set(touched)).toEqual(new Set([-1, 3, 4, 5]));
  });

  it('refuse rows that are not there', () => {
    const workspace = wasm.workspace(4, 4, 1);
    expect(() => workspace.computeScores(0, 5)).toThrow(RangeError);
    expect(() => workspace.addGradient(-1, 2)).toThrow(RangeError);
    expect(() => wasm.workspace(0, 4, 1)).toThrow(RangeError);
  });
});

function bytesOf(array: Float64Array): Uint8Array {
  return new Uint8Array(array.slice().buffer);
}

function expectSum(actual: number, terms: number[]): void {
  const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
  expect(Math.abs(actual - terms.reduce((a, b) => a + b, 0))).toBeLessThanOrEqual(70 * 2 ** -24 * size);
}
