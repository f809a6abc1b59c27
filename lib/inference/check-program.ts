// A program out of a bucket is looked at before it runs: that its kernels are there and take what they are given, and
// that nothing lies outside the memory that it states. What this cannot see (an address inside the memory that is the
// wrong one) traps or gives other numbers, and is found out by a golden run.

import { HeadwaterError } from '../errors/index.ts';
import { newKernels } from './instantiate.ts';
import { kernelRevision } from './kernel-revision.ts';
import { type KernelName, planBase } from './kernels.ts';
import type { Program } from './program.ts';

/** Steps of real networks are hundreds. */
const maxSteps = 100_000;
/** Largest value of one shape: 2 GB of float32. */
const maxValues = 2 ** 29;

/**
 * Refuses a program that this release cannot have written.
 *
 * @param maxBytes what its memory may take
 * @throws HeadwaterError `invalid-file`, saying what is wrong
 */
export function checkProgram(program: Program, module: WebAssembly.Module, maxBytes: number): void {
  const { memoryBytes, constants, steps, inputShape, outputs } = program;
  if (!isCount(memoryBytes) || memoryBytes > maxBytes) throw refuse('it takes more memory than it may');
  if (program.kernelRevision !== kernelRevision[program.arithmetic]) throw refuse('it is of other kernels');
  if (planBase + constants.length > memoryBytes) throw refuse('its constants do not fit its memory');
  const isInside = (address: number, shape: readonly number[]) =>
    isCount(address) &&
    address >= planBase &&
    address % 4 === 0 &&
    address + 4 * sizeOf(shape) <= memoryBytes;
  if (inputShape.length !== 3 || !isInside(program.input, inputShape)) throw refuse('its input lies outside');
  if (outputs.length === 0 || !outputs.every(({ address, shape }) => isInside(address, shape)))
    throw refuse('an output lies outside');
  if (steps.length > maxSteps) throw refuse(`it has more than ${maxSteps} steps`);
  const arities = aritiesOf(module);
  for (const { kernel, args } of steps) {
    if (arities.get(kernel) !== args.length) throw refuse(`it calls "${kernel}", which is not so called`);
    if (args.some((arg) => Number.isNaN(arg))) throw refuse(`it tells "${kernel}" what is no number`);
  }
}

/** How many arguments each kernel takes. */
function aritiesOf(module: WebAssembly.Module): Map<string, number> {
  const kernels = Object.entries(newKernels(module)) as [KernelName, unknown][];
  return new Map(
    kernels.flatMap(([name, kernel]) => (typeof kernel === 'function' ? [[name, kernel.length]] : [])),
  );
}

const isCount = (n: number) => Number.isSafeInteger(n) && n >= 0;

/** Values of a shape; none that memory could hold where it is no shape. */
function sizeOf(shape: readonly number[]): number {
  const size = shape.reduce((product, n) => (isCount(n) && n > 0 ? product * n : Number.NaN), 1);
  return size <= maxValues ? size : Number.NaN;
}

const refuse = (why: string) =>
  new HeadwaterError('invalid-file', `The program is not one of this release: ${why}.`);
