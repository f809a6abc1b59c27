import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbers, relativeError, runKernel } from './kernels-testing.ts';

const bound = 2e-6;

/** A convolution of any shape that tfjs takes, small enough for its plain loops. */
const convolutions = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 3, max: 9 }),
    width: fc.integer({ min: 3, max: 9 }),
    cin: fc.integer({ min: 1, max: 13 }),
    cout: fc.integer({ min: 1, max: 19 }),
    kh: fc.integer({ min: 1, max: 3 }),
    kw: fc.integer({ min: 1, max: 3 }),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    pad: fc.constantFrom('same', 'valid'),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map((c) => ({
    ...c,
    attrs: { strides: c.strides, pad: c.pad, dilations: [1, 1], dataFormat: 'NHWC' },
    x: numbers(c.seed, c.batch, c.height, c.width, c.cin),
    filter: numbers(c.seed + 1, c.kh, c.kw, c.cin, c.cout),
  }));

test('a convolution and its gradients are those of plain loops, whatever the shape', async () => {
  await fc.assert(
    fc.asyncProperty(convolutions, async ({ x, filter, attrs, seed }) => {
      const compare = async (kernel: string, inputs: Parameters<typeof runKernel>[2], more: object) => {
        const expected = await runKernel('cpu', kernel, inputs, { ...attrs, ...more });
        const found = await runKernel('wasm', kernel, inputs, { ...attrs, ...more });
        expect(relativeError(found, expected)).toBeLessThan(bound);
        return found.shape;
      };
      const dy = numbers(seed + 2, ...(await compare('Conv2D', { x, filter }, {})));
      await compare('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape });
      await compare('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape });
    }),
    { numRuns: 40 },
  );
});

test.each(['linear', 'relu', 'relu6'])(
  'a fused convolution adds its bias, then cuts off: %s',
  async (activation) => {
    const inputs = { x: numbers(1, 2, 5, 4, 6), filter: numbers(2, 3, 3, 6, 7), bias: numbers(3, 7) };
    const attrs = { strides: [1, 1], pad: 'same', dilations: [1, 1], dataFormat: 'NHWC', activation };
    for (let i = 0; i < inputs.filter.values.length; i++) inputs.filter.values[i]! *= 3;
    const expected = await runKernel('cpu', 'FusedConv2D', inputs, attrs);
    expect(relativeError(await runKernel('wasm', 'FusedConv2D', inputs, attrs), expected)).toBeLessThan(
      bound,
    );
  },
);

test('activations that are more than a cut are still tfjs’s own', async () => {
  const inputs = { x: numbers(1, 1, 4, 4, 3), filter: numbers(2, 1, 1, 3, 5) };
  const attrs = {
    strides: [1, 1],
    pad: 'same',
    dilations: [1, 1],
    dataFormat: 'NHWC',
    activation: 'sigmoid',
  };
  const expected = await runKernel('cpu', 'FusedConv2D', inputs, attrs);
  expect(relativeError(await runKernel('wasm', 'FusedConv2D', inputs, attrs), expected)).toBeLessThan(1e-5);
});

test.each([
  { name: 'every block of a product', shape: [3, 14, 14, 530], filter: [1, 1, 530, 261], strides: [1, 1] },
  { name: 'several blocks of windows', shape: [2, 24, 23, 260], filter: [3, 3, 260, 5], strides: [1, 1] },
  { name: 'stride 2 without a window', shape: [2, 9, 9, 40], filter: [1, 1, 40, 24], strides: [2, 2] },
])('sizes that fill $name', async ({ shape, filter: filterShape, strides }) => {
  const attrs = { strides, pad: 'same', dilations: [1, 1], dataFormat: 'NHWC' };
  const x = numbers(7, ...shape);
  const filter = numbers(8, ...filterShape);
  const out = await runKernel('wasm', 'Conv2D', { x, filter }, attrs);
  const dy = numbers(9, ...out.shape);
  const dFilter = await runKernel('wasm', 'Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape });
  const dx = await runKernel('wasm', 'Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: shape });
  // All three are one bilinear form: ⟨dy, conv(x, f)⟩ = ⟨dx, x⟩ = ⟨dF, f⟩.
  const forward = dot(dy.values, out.values);
  const scale = Math.sqrt(dot(dy.values, dy.values) * dot(out.values, out.values));
  expect(Math.abs(dot(dx.values, x.values) - forward) / scale).toBeLessThan(1e-7);
  expect(Math.abs(dot(dFilter.values, filter.values) - forward) / scale).toBeLessThan(1e-7);
  expect(scale).toBeGreaterThan(1);
});

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
