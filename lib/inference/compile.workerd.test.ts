import { describe, expect, it } from 'vitest';
import { plainBits, relaxedBits } from './bits-testing.ts';
import { compileWith } from './compile.ts';
import { compile } from './compile-workerd.ts';
import { planConformance } from './conformance.ts';
import { Random, twoConvolutions } from './fixtures.ts';
import { builds } from './kernels/workerd-testing.ts';

const options = { size: 9, taps: [{ op: 'op3', pooling: 'avg' as const }], arithmetic: 'float32' as const };

for (const [name, module] of builds)
  describe(`compile in workerd, ${name} build`, () => {
    planConformance(compileWith(module), name === 'plain' ? plainBits : relaxedBits);
  });

describe('compile in workerd', () => {
  it('serves several that come first at once', async () => {
    const random = new Random(1);
    const graph = twoConvolutions(random);
    const input = random.array(243, 1);
    const codes = await Promise.all(
      Array.from({ length: 4 }, async () => (await compile(graph, options)).run(input)[0]!),
    );
    for (const code of codes) expect(code).toEqual(codes[0]);
  });

  it('takes no more memory in 500 runs', async () => {
    const random = new Random(1);
    const plan = await compile(twoConvolutions(random), options);
    const before = plan.bytes;
    for (let i = 0; i < 500; i++) plan.run(random.array(243, 1));
    expect(plan.bytes).toBe(before);
  });
});
