import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbers, relativeError, runKernel } from './kernels-testing.ts';

const bound = 2e-6;

/** Strides or dilations, never both: tfjs takes no others. */
const steps = fc.oneof(
  fc.record({
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilations: fc.constant([1, 1]),
  }),
  fc.record({
    strides: fc.constant([1, 1]),
    dilations: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  }),
);

const convolutions = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 7, max: 10 }),
    width: fc.integer({ min: 7, max: 10 }),
    channels: fc.integer({ min: 1, max: 37 }),
    multiplier: fc.constantFrom(1, 1, 1, 2, 3),
    kh: fc.integer({ min: 1, max: 5 }),
    kw: fc.integer({ min: 1, max: 3 }),
    steps,
    pad: fc.constantFrom('same', 'valid'),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .filter(({ kh, steps, height }) => (kh - 1) * steps.dilations[0]! < height)
  .map((c) => ({
    attrs: { ...c.steps, pad: c.pad, dataFormat: 'NHWC' },
    x: numbers(c.seed, c.batch, c.height, c.width, c.channels),
    filter: numbers(c.seed + 1, c.kh, c.kw, c.channels, c.multiplier),
    seed: c.seed,
  }));

test('a depthwise convolution and its gradients are those of plain loops, whatever the shape', async () => {
  await fc.assert(
    fc.asyncProperty(convolutions, async ({ x, filter, attrs, seed }) => {
      const compare = async (kernel: string, inputs: Parameters<typeof runKernel>[2], more: object) => {
        const expected = await runKernel('cpu', kernel, inputs, { ...attrs, ...more });
        const found = await runKernel('wasm', kernel, inputs, { ...attrs, ...more });
        expect(relativeError(found, expected)).toBeLessThan(bound);
        return found.shape;
      };
      const dy = numbers(seed + 2, ...(await compare('DepthwiseConv2dNative', { x, filter }, {})));
      // The plain loops of these two know no dilation.
      if (attrs.dilations[0] !== 1 || attrs.dilations[1] !== 1) return;
      const shapes = { filterShape: filter.shape, inputShape: x.shape };
      await compare('DepthwiseConv2dNativeBackpropFilter', { x, dy }, shapes);
      await compare('DepthwiseConv2dNativeBackpropInput', { dy, filter }, shapes);
    }),
    { numRuns: 60 },
  );
});

test('the gradients of a dilated depthwise convolution are those of its bilinear form', async () => {
  await fc.assert(
    fc.asyncProperty(convolutions, async ({ x, filter, attrs, seed }) => {
      const out = await runKernel('wasm', 'DepthwiseConv2dNative', { x, filter }, attrs);
      const dy = numbers(seed + 2, ...out.shape);
      const shapes = { ...attrs, filterShape: filter.shape, inputShape: x.shape };
      const dFilter = await runKernel('wasm', 'DepthwiseConv2dNativeBackpropFilter', { x, dy }, shapes);
      const dx = await runKernel('wasm', 'DepthwiseConv2dNativeBackpropInput', { dy, filter }, shapes);
      // ⟨dy, conv(x′, f)⟩ = ⟨dx, x′⟩ and ⟨dy, conv(x, f′)⟩ = ⟨dF, f′⟩ for any other x′ and f′.
      const other = numbers(seed + 3, ...x.shape);
      const otherFilter = numbers(seed + 4, ...filter.shape);
      const moved = await runKernel('wasm', 'DepthwiseConv2dNative', { x: other, filter }, attrs);
      const turned = await runKernel('wasm', 'DepthwiseConv2dNative', { x, filter: otherFilter }, attrs);
      const scale = 1 + Math.sqrt(dot(dy.values, dy.values) * dot(out.values, out.values));
      expect(Math.abs(dot(dx.values, other.values) - dot(dy.values, moved.values)) / scale).toBeLessThan(
        1e-6,
      );
      expect(
        Math.abs(dot(dFilter.values, otherFilter.values) - dot(dy.values, turned.values)) / scale,
      ).toBeLessThan(1e-6);
    }),
    { numRuns: 40 },
  );
});

test.each(['linear', 'relu', 'relu6'])('a fused one adds its bias, then cuts off: %s', async (activation) => {
  const inputs = { x: numbers(1, 2, 5, 4, 21), filter: numbers(2, 3, 3, 21, 1), bias: numbers(3, 21) };
  for (let i = 0; i < inputs.filter.values.length; i++) inputs.filter.values[i]! *= 5;
  const attrs = { strides: [2, 2], pad: 'same', dilations: [1, 1], dataFormat: 'NHWC', activation };
  const expected = await runKernel('cpu', 'FusedDepthwiseConv2D', inputs, attrs);
  const found = await runKernel('wasm', 'FusedDepthwiseConv2D', inputs, attrs);
  expect(relativeError(found, expected)).toBeLessThan(bound);
});

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
