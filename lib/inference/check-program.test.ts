import { describe, expect, it } from 'vitest';
import { checkProgram } from './check-program.ts';
import { plainModule } from './compile-node.ts';
import { Random, twoConvolutions } from './fixtures.ts';
import type { Program } from './program.ts';
import { readProgram, writeProgram } from './program-file.ts';
import { programOf } from './program-of.ts';

const taps = [{ op: 'op3', pooling: 'avg' as const }];
const good = programOf(twoConvolutions(new Random(1)), { size: 9, taps, arithmetic: 'float32' });
const check = (program: Program, maxBytes = good.memoryBytes) =>
  checkProgram(program, plainModule(), maxBytes);
const [step, ...steps] = good.steps as [Program['steps'][0], ...Program['steps']];

describe('a stored program', () => {
  it('passes as this release writes it', () => {
    expect(() => check(readProgram(writeProgram(good)))).not.toThrow();
  });

  it.each<[string, Partial<Program>]>([
    ['takes no number of bytes', { memoryBytes: Number.NaN }],
    ['is of other kernels', { kernelRevision: 'headwater-float32/0' }],
    ['is of an arithmetic that is none', { arithmetic: 'int4' as 'int8' }],
    ['has more constants than memory', { constants: new Uint8Array(good.memoryBytes) }],
    ['reads its input outside', { input: good.memoryBytes - 8 }],
    ['reads its input among what is not its own', { input: 0 }],
    ['has an input of no size', { inputShape: [9, 9, -3] }],
    ['has an input beyond counting', { inputShape: [2 ** 26, 2 ** 26, 2 ** 26] }],
    ['gives nothing', { outputs: [] }],
    ['writes an output outside', { outputs: [{ shape: [4], address: good.memoryBytes }] }],
    ['calls a kernel that is none', { steps: [{ ...step, kernel: 'selfDestruct' as 'copy' }, ...steps] }],
    ['calls what every object has', { steps: [{ ...step, kernel: 'constructor' as 'copy' }, ...steps] }],
    ['calls memory', { steps: [{ ...step, kernel: 'memory' as 'copy', args: [] }, ...steps] }],
    ['gives a kernel too little', { steps: [{ ...step, args: step.args.slice(1) }, ...steps] }],
    ['gives a kernel no number', { steps: [{ ...step, args: step.args.map(() => Number.NaN) }, ...steps] }],
  ])('is refused if it %s', (_, changes) => {
    expect(() => check({ ...good, ...changes })).toThrow(expect.objectContaining({ type: 'invalid-file' }));
  });

  it('is refused if it takes more than there is for it', () => {
    expect(() => check(good, good.memoryBytes - 1)).toThrow('more memory');
  });
});
