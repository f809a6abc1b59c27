import { describe, expect, it } from 'vitest';
import { measureStatistics } from './calibrate/index.ts';
import { compileWith } from './compile.ts';
import { Random, twoConvolutions } from './fixtures.ts';
import { builds } from './kernels/workerd-testing.ts';
import { readProgram, writeProgram } from './program-file.ts';
import { programOf } from './program-of.ts';
import { startWith } from './start-program.ts';

const random = new Random(1);
const graph = twoConvolutions(random);
const input = random.array(243, 1);
const [, plain] = builds.find(([name]) => name === 'plain')!;

/** A program in int8, through its file. */
async function stored() {
  const values = await measureStatistics(graph, 9, [input], compileWith(plain));
  const quantisation = { digest: 'of a test', values };
  const taps = [{ op: 'op3', pooling: 'avg' as const }];
  const options = { size: 9, taps, arithmetic: 'int8' as const, quantisation };
  return { program: readProgram(writeProgram(programOf(graph, options))), options };
}

describe('a stored program in workerd', () => {
  it.each(builds)('gives the code of a plan that is compiled here, %s build', async (_, module) => {
    const { program, options } = await stored();
    const plan = startWith(module)(program, program.memoryBytes);
    expect(plan.run(input)).toEqual((await compileWith(module)(graph, options)).run(input));
  });

  it('is refused if it calls a kernel otherwise than it is written', async () => {
    const { program } = await stored();
    const [first, ...others] = program.steps;
    const steps = [{ ...first!, args: first!.args.slice(1) }, ...others];
    const { memoryBytes } = program;
    expect(() => startWith(plain)({ ...program, steps }, memoryBytes)).toThrow(
      expect.objectContaining({ type: 'invalid-file' }),
    );
  });

  it('traps where it reaches beyond its memory, and harms nothing', async () => {
    const { program } = await stored();
    const steps = program.steps.map((step) => ({ ...step, args: step.args.map(() => 2 ** 30) }));
    const plan = startWith(plain)({ ...program, steps }, program.memoryBytes);
    expect(() => plan.run(input)).toThrow();
  });
});
