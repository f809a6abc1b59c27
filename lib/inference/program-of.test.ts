import { describe, expect, it } from 'vitest';
import type { Graph, Tap } from '../graph/index.ts';
import { compile } from './compile-node.ts';
import { graphOf, type Layer, Random } from './fixtures.ts';
import { programOf } from './program-of.ts';
import { referenceCodes } from './reference.ts';

const random = new Random(5);
const tapsOf = ({ ops }: Graph): Tap[] => [{ op: ops.at(-1)!.name, pooling: 'avg' }];
const options = (graph: Graph, size: number) => ({
  size,
  taps: tapsOf(graph),
  arithmetic: 'float32' as const,
});
const unsupported = expect.objectContaining({ type: 'unsupported-graph' });

describe('a graph that asks for much more than its file holds', () => {
  /** Groups that fill no blocks, and so become one kernel with zeros between them: 40,000 weights, 800 MB. */
  const groups = graphOf(10_007, [
    { op: 'conv2d', attrs: { groups: 10_007 }, weights: { kernel: random.weight(1, 1, 1, 20_014) } },
  ]);
  /** One weight, tables of 16 million pixels. */
  const pixels = graphOf(1, [
    { op: 'conv2d', weights: { kernel: random.weight(1, 1, 1, 1) } },
    { op: 'conv2d', weights: { kernel: random.weight(1, 1, 1, 1) } },
  ]);

  it.each([
    ['groups', groups, 1, 7e8],
    ['pixels', pixels, 4096, 5e8],
  ] as const)('is told of before anything of it is taken: %s', async (_, graph, size, least) => {
    let [asked, taken] = [0, 0];
    const before = process.memoryUsage().arrayBuffers;
    const admit = async (bytes: number) => {
      asked = bytes;
      taken = process.memoryUsage().arrayBuffers - before;
      throw new Error('no room');
    };
    await expect(compile(graph, { ...options(graph, size), admit })).rejects.toThrow('no room');
    expect(asked).toBeGreaterThan(least);
    expect(taken).toBeLessThan(2 ** 24);
  });

  it('is refused where no memory has so many addresses, or no plan so many calls', () => {
    const vast = graphOf(65_521, [
      { op: 'conv2d', attrs: { groups: 65_521 }, weights: { kernel: random.weight(1, 1, 1, 131_042) } },
    ]);
    expect(() => programOf(vast, options(vast, 1))).toThrow(unsupported);
    const column: Layer = { op: 'conv2d', weights: { kernel: random.weight(1, 2, 1, 1) } };
    const wide = [1, 3].flatMap((i): Layer[] => [
      { op: 'pad', inputs: ['op0'], attrs: { padding: { top: 0, right: 60_000, bottom: 0, left: i } } },
      { op: 'add', inputs: [`op${i}`, 'op0'] },
    ]);
    const join: Layer = { op: 'concat', inputs: ['op2', 'op4'], attrs: { axis: 1 } };
    const calls = graphOf(1, [column, ...wide, join]);
    expect(() => programOf(calls, options(calls, 2))).toThrow(unsupported);
  });

  it('is compiled in time however long its chains are', async () => {
    const relu: Layer = { op: 'activation', attrs: { activation: 'relu' } };
    const kinds: Layer[] = [relu, { op: 'concat' }];
    for (const kind of kinds) {
      const graph = graphOf(3, Array<Layer>(5000).fill(kind));
      const input = random.array(12, 1).map(Math.abs);
      const taps: Tap[] = [{ op: 'op4999', pooling: 'none' }];
      const plan = await compile(graph, { size: 2, taps, arithmetic: 'float32' });
      expect(plan.run(input)).toEqual([input]);
    }
  });
});

describe('bounds of kernels', () => {
  it('make a first convolution with a long column one like any other', async () => {
    const graph = graphOf(3, [
      {
        op: 'conv2d',
        attrs: { stride: [2, 2], activation: 'relu' },
        weights: { kernel: random.weight(37, 37, 3, 9), bias: random.weight(9) },
      },
    ]);
    const input = random.array(40 * 40 * 3, 1);
    const [expected] = referenceCodes(graph, 40, tapsOf(graph), input);
    const [code] = (await compile(graph, options(graph, 40))).run(input);
    code!.forEach((x, i) => {
      expect(x).toBeCloseTo(expected![i]!, 3);
    });
  });

  it('refuse response normalisation over more channels than the kernel holds', () => {
    const lrn = (channels: number) => graphOf(channels, [{ op: 'lrn', attrs: { size: 5 } }]);
    expect(() => programOf(lrn(3996), options(lrn(3996), 1))).toThrow(unsupported);
    expect(() => programOf(lrn(3995), options(lrn(3995), 1))).not.toThrow();
  });
});
