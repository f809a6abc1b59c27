import { expect, it } from 'vitest';
import { computeLogits } from '../heads/index.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { asHead, train } from './testing.ts';

it('a column that fired faintly once does not decide about an image in which it fires in earnest', async () => {
  for (const kind of ['softmax', 'svm'] as const) {
    const problem = makeSynthetic(60, 20, 2, 5);
    const before = await train({ ...problem, kind });
    for (let i = 0; i < 60; i++) problem.codes[20 * i + 7] = i === 8 ? 1e-6 : 0;
    const head = asHead(await train({ ...problem, kind }));
    const code = problem.codes.slice(20, 40);
    const quiet = computeLogits(head, code);
    code[7] = 5;
    expect(computeLogits(head, code)).toEqual(quiet);
    expect(before.weight[7]).not.toBe(0);
  }
});
