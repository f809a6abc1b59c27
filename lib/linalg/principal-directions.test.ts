import { expect, it } from 'vitest';
import { buildKernels } from '../../scripts/build-kernels.ts';
import { createLinalg, createRng, type Linalg, principalDirections } from './index.ts';
import { loadLinalg } from './linalg-node.ts';
import { finish } from './testing.ts';

await buildKernels();
const wasm = await loadLinalg();

/** Rows that vary by `lengths` along as many axes, mixed by a reflection, with a little noise. */
function directions(linalg: Linalg, rows: number, cols: number, lengths: number[], count: number) {
  const rng = createRng(2);
  const workspace = linalg.workspace(rows, cols, count);
  const mirror = Float64Array.from({ length: cols }, () => rng.uniform() - 0.5);
  const square = mirror.reduce((sum, value) => sum + value * value, 0);
  for (let i = 0; i < rows; i++) {
    const row = Float64Array.from({ length: cols }, (_, k) => (lengths[k] ?? 0.01) * (rng.uniform() - 0.5));
    const along = row.reduce((sum, value, k) => sum + value * mirror[k]!, 0);
    for (let k = 0; k < cols; k++)
      workspace.x[i * workspace.stride + k] = row[k]! - (2 * along * mirror[k]!) / square;
  }
  return { workspace, ...finish(principalDirections(workspace)) };
}

it('finds orthonormal directions along which XᵀX only stretches, largest first', () => {
  const [rows, cols, count] = [300, 40, 6];
  const { workspace, values, vectors } = directions(wasm, rows, cols, [30, 20, 10], count);
  const vector = (j: number) => vectors.subarray(j * cols, (j + 1) * cols);
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) expect(dot(vector(i), vector(j))).toBeCloseTo(i === j ? 1 : 0, 10);
  for (let j = 0; j < 3; j++) {
    const image = new Float64Array(cols);
    for (let i = 0; i < rows; i++) {
      const row = Float64Array.from(workspace.x.subarray(i * workspace.stride, i * workspace.stride + cols));
      const along = dot(row, vector(j));
      for (let k = 0; k < cols; k++) image[k] = image[k]! + along * row[k]!;
    }
    const away = image.map((value, k) => value - values[j]! * vector(j)[k]!);
    expect(Math.sqrt(dot(away, away))).toBeLessThan(1e-4 * values[0]!);
    expect(values[j]).toBeGreaterThan(values[j + 1]!);
  }
});

it('has the same bits from SIMD kernels and twin, and has values of all but zero beyond the rank', () => {
  const [a, b] = [wasm, createLinalg()].map((linalg) => directions(linalg, 5, 33, [3, 2], 8));
  expect(a!.values).toEqual(b!.values);
  expect(a!.vectors).toEqual(b!.vectors);
  for (const value of a!.values.subarray(5)) expect(Math.abs(value)).toBeLessThan(1e-6 * a!.values[0]!);
});
