import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbers, relativeError, runKernel } from './kernels-testing.ts';

const shapes = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 21 }),
);

test('a sum over all axes but the last is the plain one', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.boolean(), async (shape, keepDims) => {
      const inputs = { x: numbers(shape[3], ...shape) };
      const attrs = { axis: [0, 1, 2], keepDims };
      const expected = await runKernel('cpu', 'Sum', inputs, attrs);
      expect(relativeError(await runKernel('wasm', 'Sum', inputs, attrs), expected)).toBeLessThan(1e-5);
    }),
    { numRuns: 30 },
  );
});

test.each([[[1, 2]], [[3]], [null], [[0]], [[-1]]])(
  'a sum over axes %j is still tfjs’s own',
  async (axis) => {
    const inputs = { x: numbers(5, 2, 3, 4, 5) };
    const attrs = { axis, keepDims: false };
    const expected = await runKernel('cpu', 'Sum', inputs, attrs);
    expect(relativeError(await runKernel('wasm', 'Sum', inputs, attrs), expected)).toBeLessThan(1e-5);
  },
);

test('batch-norm by channel is the plain one, with and without scale and offset', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.boolean(), fc.boolean(), async (shape, scaled, moved) => {
      const channels = shape[3];
      const variance = numbers(3, channels);
      for (const [i, value] of variance.values.entries()) variance.values[i] = Math.abs(value) + 0.01;
      const inputs = {
        x: numbers(1, ...shape),
        mean: numbers(2, channels),
        variance,
        ...(scaled ? { scale: numbers(4, channels) } : {}),
        ...(moved ? { offset: numbers(5, channels) } : {}),
      };
      const expected = await runKernel('cpu', 'FusedBatchNorm', inputs, { varianceEpsilon: 1e-3 });
      const found = await runKernel('wasm', 'FusedBatchNorm', inputs, { varianceEpsilon: 1e-3 });
      expect(relativeError(found, expected)).toBeLessThan(1e-5);
    }),
    { numRuns: 30 },
  );
});

test.each([
  ['relu', Infinity],
  ['relu6', 6],
])('the gradient passes where a %s let its input through, and nowhere else', async (activation, upper) => {
  const y = numbers(1, 3, 5, 7);
  y.values.set([0, 6, -0, 5.999, 6.5, 1e-30]);
  const dy = numbers(2, 3, 5, 7);
  const found = await runKernel('wasm', 'ActivationGradient', { dy, y }, { activation });
  expect(found.values).toEqual(
    dy.values.map((value, i) => (y.values[i]! > 0 && y.values[i]! < upper ? value : 0)),
  );
});
