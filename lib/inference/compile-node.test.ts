import { describe, expect, it } from 'vitest';
import { plainBits, relaxedBits } from './bits-testing.ts';
import { compile, compilePlain, compileWith, plainModule } from './compile-node.ts';
import { planConformance } from './conformance.ts';
import { Random, twoConvolutions } from './fixtures.ts';
import { builds } from './kernels/node-testing.ts';
import { programOf } from './program-of.ts';

const options = { size: 9, taps: [{ op: 'op3', pooling: 'avg' as const }], arithmetic: 'float32' as const };

for (const [name, module] of builds)
  describe(`compile in Node, ${name} build`, () => {
    planConformance(compileWith(module), name === 'plain' ? plainBits : relaxedBits);
  });

describe('a plan', () => {
  it('says how much memory it has, and takes no more in 500 runs', async () => {
    const random = new Random(1);
    const graph = twoConvolutions(random);
    const plan = await compile(graph, options);
    const { memoryBytes } = programOf(graph, options);
    expect(plan.bytes).toBeGreaterThanOrEqual(memoryBytes);
    expect(plan.bytes).toBeLessThan(memoryBytes + 65_536);
    const before = plan.bytes;
    for (let i = 0; i < 500; i++) plan.run(random.array(243, 1));
    expect(plan.bytes).toBe(before);
  });

  it('shares nothing with another plan, nor its codes with its memory', async () => {
    const random = new Random(2);
    const graph = twoConvolutions(random);
    const [a, b] = [await compile(graph, options), await compile(graph, options)];
    const [x, y] = [random.array(243, 1), random.array(243, 1)];
    const [[fromX], [fromY]] = [a.run(x), b.run(y)];
    expect(a.run(x)).toEqual([fromX]);
    const kept = Float32Array.from(fromY!);
    a.dispose();
    b.run(x);
    expect(fromY).toEqual(kept);
    expect(b.run(y)).toEqual([kept]);
  });

  it('is asked for admission with what it will need, and not made if that throws', async () => {
    const graph = twoConvolutions(new Random(3));
    let asked = 0;
    const admit = async (bytes: number) => {
      asked = bytes;
      throw new Error('no room');
    };
    await expect(compile(graph, { ...options, admit })).rejects.toThrow('no room');
    expect(asked).toBe(programOf(graph, options).memoryBytes);
  });

  it('gives on the plain build what that build gives, whatever this process prefers', async () => {
    const random = new Random(4);
    const graph = twoConvolutions(random);
    const input = random.array(243, 1);
    const expected = (await compileWith(plainModule())(graph, options)).run(input);
    expect((await compilePlain(graph, options)).run(input)).toEqual(expected);
  });
});
