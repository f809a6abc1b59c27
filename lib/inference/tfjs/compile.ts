// `compile` on tfjs-backend-wasm, float32: the oracle that our own engine is held against, in tests and in the bench. One
// engine, and so one WebAssembly memory, serves every plan of the process or isolate.

import { HeadwaterError } from '../../errors/index.ts';
import type { Graph } from '../../graph/index.ts';
import type { Compile, CompileOptions, Plan } from '../plan.ts';
import { type EngineParts, heapBytes, startEngine, withEngine } from './engine.ts';
import { buildProgram, type Program } from './program.ts';

/** The kernels' name, as a plan gives it. */
export const tfjsRevision = 'tfjs-wasm-4.22.0/1';

/** What the live plans need of the one memory, so that each can name its share. */
const liveBytes = new Map<Plan, number>();

/** Binds {@link Compile} to a runtime's parts. The engine starts with the first plan. */
export function compileWith(parts: EngineParts): Compile {
  return async (graph, options) => {
    startEngine(parts);
    return newPlan(graph, options);
  };
}

function newPlan(graph: Graph, { size, taps, arithmetic }: CompileOptions): Plan {
  if (arithmetic !== 'float32')
    throw new HeadwaterError('bad-request', `There is no arithmetic "${arithmetic}". Use "float32".`);
  if (taps.length === 0)
    throw new HeadwaterError('bad-request', 'A plan needs at least one tap to read a code at. Name one.');
  let program: Program | undefined = withEngine(() => buildProgram(graph, size, taps));
  const { inputShape, outputShapes, workingBytes } = program;
  const inputLength = inputShape[0] * inputShape[1] * inputShape[2];
  const plan: Plan = {
    inputShape,
    outputShapes,
    kernelRevision: tfjsRevision,
    get bytes() {
      return program ? shareOfHeap(workingBytes) : 0;
    },
    run(input) {
      const current = program;
      if (!current)
        throw new HeadwaterError('internal', 'This plan was disposed of. Compile the graph again.');
      if (input.length !== inputLength)
        throw new HeadwaterError(
          'internal',
          `The plan takes ${inputLength} values (${inputShape.join(' × ')}), but got ${input.length}. Resize the image to the plan's input first.`,
        );
      return withEngine(() => current.run(input));
    },
    dispose() {
      const current = program;
      program = undefined;
      liveBytes.delete(plan);
      if (current) withEngine(() => current.dispose());
    },
  };
  liveBytes.set(plan, workingBytes);
  return plan;
}

/** A plan's own need, or its part of the whole memory if that has grown beyond what the live plans need. */
function shareOfHeap(workingBytes: number): number {
  let total = 0;
  for (const bytes of liveBytes.values()) total += bytes;
  return Math.round(Math.max(workingBytes, (heapBytes() * workingBytes) / total));
}
