// Graph → Program: the plan as plain data, independent of the build of the kernels.

import { HeadwaterError } from '../errors/index.ts';
import type { Graph } from '../graph/index.ts';
import { kernelRevision } from './kernel-revision.ts';
import type { Argument, Arithmetic } from './lower/context.ts';
import { float32 } from './lower/float32.ts';
import { pictureOf } from './lower/layout.ts';
import { lower } from './lower/lower.ts';
import { alignUp, pack, type Ref } from './lower/memory.ts';
import { prepare } from './lower/prepare.ts';
import type { CompileOptions } from './plan.ts';
import type { Program } from './program.ts';
import { integer } from './quantise/integer.ts';

/** Kernels may read this far beyond what they need. */
const readMarginBytes = 256;
/** A WebAssembly memory of 32-bit addresses, less one page. */
const maxMemoryBytes = 2 ** 32 - 65_536;

/** A program whose constants are not made yet: what it will need is known, and little has been taken. */
export interface ProgramDraft {
  memoryBytes: number;
  finish(): Program;
}

/**
 * Compiles what the taps need of a graph into one pass for all of them.
 *
 * @throws HeadwaterError `bad-request` without a tap, or without the quantisation that an integer arithmetic needs;
 * `unsupported-graph`, `invalid-file`
 */
export const programOf = (graph: Graph, options: CompileOptions): Program =>
  draftProgram(graph, options).finish();

/** {@link programOf} in two steps, for who must ask for memory in between. */
export function draftProgram(graph: Graph, options: CompileOptions): ProgramDraft {
  const { taps, size } = options;
  if (taps.length === 0)
    throw new HeadwaterError('bad-request', 'A plan needs at least one tap to read a code at. Name one.');
  const prepared = prepare(graph, taps, size);
  const arithmetic: Arithmetic =
    options.arithmetic === 'float32' ? float32(prepared.graph) : integer(prepared, graph, options);
  const { draft, outputs } = lower(prepared, taps, arithmetic);
  const end = pack(draft.buffers, draft.constants.end);
  const memoryBytes = alignUp(end + readMarginBytes);
  if (memoryBytes > maxMemoryBytes) throw tooLarge(memoryBytes);
  const address = ({ buffer, offset }: Ref) => buffer.address + offset;
  const resolve = (arg: Argument) => (typeof arg === 'number' ? arg : address(arg));
  const finish = (): Program => ({
    format: 1,
    arithmetic: options.arithmetic,
    kernelRevision: kernelRevision[options.arithmetic],
    inputShape: pictureOf(prepared.shapes.get(graph.input.name)!),
    input: address(draft.picture),
    outputs: outputs.map(({ shape, at }) => ({ shape, address: address(at) })),
    memoryBytes,
    constants: draft.constants.bytes(),
    steps: draft.steps.map((step) => ({ ...step, args: step.args.map(resolve) })),
  });
  return { memoryBytes, finish };
}

const tooLarge = (bytes: number) =>
  new HeadwaterError(
    'unsupported-graph',
    `The plan needs ${Math.ceil(bytes / 2 ** 20)} MB, more than WebAssembly can address. Use a smaller size or an earlier tap.`,
  );
