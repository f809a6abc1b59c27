// A program as a file, so that a bundle can carry one, and a fine-tuned version its tail: what a cold isolate then does is
// copy it. A safetensors file, like everything that we store in bytes, bound to the kernel revision that it is written for.
//
//   constants   U8, as in the program
//   args        F64, the arguments of all steps one after the other (bounds may be infinite, which JSON has not)
//   __metadata__  program: JSON of the rest, a step as [kernel, layer, multiply-adds, number of arguments]

import { HeadwaterError } from '../errors/index.ts';
import { readSafetensors, writeSafetensors } from '../tensors/index.ts';
import type { KernelName } from './kernels.ts';
import type { Program } from './program.ts';

type StepRow = [KernelName, string, number, number];
type Header = Omit<Program, 'constants' | 'steps'> & { steps: StepRow[] };

/** The program as a file; the same program gives the same bytes. */
export function writeProgram({ constants, steps, ...facts }: Program): Uint8Array<ArrayBuffer> {
  const header: Header = {
    ...facts,
    steps: steps.map(({ kernel, layer, multiplyAdds, args }) => [kernel, layer, multiplyAdds, args.length]),
  };
  const args = Float64Array.from(steps.flatMap((step) => step.args));
  return writeSafetensors(
    new Map([
      ['constants', { dtype: 'U8', shape: [constants.length], data: constants }],
      ['args', { dtype: 'F64', shape: [args.length], data: args }],
    ]),
    { program: JSON.stringify(header) },
  );
}

/** The program in a file that this release has written. @throws HeadwaterError `invalid-file` */
export function readProgram(bytes: Uint8Array): Program {
  const { tensors, metadata } = readSafetensors(bytes);
  const [constants, args] = [tensors.get('constants')?.data, tensors.get('args')?.data];
  if (!(constants instanceof Uint8Array && args instanceof Float64Array && metadata.program)) throw damaged();
  const { steps, ...facts } = headerOf(metadata.program);
  if (steps.reduce((sum, [, , , n]) => sum + n, 0) !== args.length) throw damaged();
  let at = 0;
  return {
    ...facts,
    constants: constants as Uint8Array<ArrayBuffer>,
    steps: steps.map(([kernel, layer, multiplyAdds, n]) => {
      const mine = Array.from(args.subarray(at, at + n));
      at += n;
      return { kernel, layer, multiplyAdds, args: mine };
    }),
  };
}

function headerOf(json: string): Header {
  try {
    const header = JSON.parse(json) as Header;
    if (header.format === 1 && Array.isArray(header.steps)) return header;
  } catch {
    // Falls through to the one error below.
  }
  throw damaged();
}

const damaged = () =>
  new HeadwaterError('invalid-file', 'The program is damaged. Build it again: npm run build.');
