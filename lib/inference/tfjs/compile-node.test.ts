import { describe, expect, it } from 'vitest';
import { planConformance } from '../conformance.ts';
import { Random, twoConvolutions } from '../fixtures.ts';
import { tfjsBits } from './bits-testing.ts';
import { compile } from './compile-node.ts';
import { engineMemory } from './engine.ts';

describe('the oracle in Node', () => {
  planConformance(compile, tfjsBits);

  const options = { size: 9, taps: [{ op: 'op3', pooling: 'avg' as const }], arithmetic: 'float32' as const };

  it('leaves nothing behind after 500 runs', async () => {
    const random = new Random(1);
    const plan = await compile(twoConvolutions(random), options);
    plan.run(random.array(243, 1));
    const before = engineMemory();
    const bytes = plan.bytes;
    for (let i = 0; i < 500; i++) plan.run(random.array(243, 1));
    expect(engineMemory()).toEqual(before);
    expect(plan.bytes).toBe(bytes);
    plan.dispose();
  });

  it('gives its weights back when disposed of, compiled or refused', async () => {
    const random = new Random(2);
    const graph = twoConvolutions(random);
    const before = engineMemory();
    const plan = await compile(graph, options);
    expect(engineMemory().buffers).toBeGreaterThan(before.buffers);
    plan.run(random.array(243, 1));
    plan.dispose();
    expect(engineMemory()).toEqual(before);
    const last = { ...graph.ops[3]!, op: 'lrn' as const, attrs: { size: 4 } };
    await expect(compile({ ...graph, ops: [...graph.ops.slice(0, 3), last] }, options)).rejects.toThrow(
      /op3/,
    );
    expect(engineMemory()).toEqual(before);
  });

  it('leaves the process as it was: no handlers, and `process` in its place', () => {
    expect(process.listeners('unhandledRejection').filter((f) => /throw/.test(String(f)))).toEqual([]);
    expect(process.versions.node).toBeTypeOf('string');
  });
});
