import { describe, expect, it } from 'vitest';
import { planConformance } from '../conformance.ts';
import { Random, twoConvolutions } from '../fixtures.ts';
import { tfjsBits } from './bits-testing.ts';
import { compile } from './compile-workerd.ts';
import { engineMemory } from './engine.ts';

describe('the oracle in workerd', () => {
  it('serves several that come first at once', async () => {
    const random = new Random(1);
    const graph = twoConvolutions(random);
    const input = random.array(243, 1);
    const options = {
      size: 9,
      taps: [{ op: 'op3', pooling: 'avg' as const }],
      arithmetic: 'float32' as const,
    };
    const codes = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const plan = await compile(graph, options);
        const code = plan.run(input)[0]!;
        plan.dispose();
        return code;
      }),
    );
    for (const code of codes) expect(code).toEqual(codes[0]);
  });

  planConformance(compile, tfjsBits);

  it('leaves nothing behind after 500 runs', async () => {
    const random = new Random(1);
    const options = {
      size: 9,
      taps: [{ op: 'op3', pooling: 'avg' as const }],
      arithmetic: 'float32' as const,
    };
    const plan = await compile(twoConvolutions(random), options);
    plan.run(random.array(243, 1));
    const before = engineMemory();
    for (let i = 0; i < 500; i++) plan.run(random.array(243, 1));
    expect(engineMemory()).toEqual(before);
    plan.dispose();
  });
});
