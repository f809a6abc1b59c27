// Graph → list of closures → codes. Everything that can be decided once is decided here; a run only calls
// kernels, and frees every activation after its last reader, so the heap holds the widest moment, not the sum.

import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from '@tensorflow/tfjs-core';
import { HeadwaterError } from '../../errors/index.ts';
import { type Graph, inferShapes, optimise, type Tap } from '../../graph/index.ts';
import { sizeOf } from '../../graph/weights.ts';
import { type Closure, Constants, shape4 } from './kernel.ts';
import { operation } from './operation.ts';
import { globalAvgPool } from './pool.ts';

interface Step {
  name: string;
  inputs: string[];
  run: Closure;
  /** Values that it must give. */
  size: number;
  /** Names whose last reader this step is. */
  free: string[];
}

interface Output {
  source: string;
  /** The tap's pooling, if it has one. */
  pool: Closure | undefined;
}

/** A compiled graph: to be run inside `withEngine`. */
export interface Program {
  inputShape: [number, number, number];
  outputShapes: number[][];
  /** Weights, their packed copies inside XNNPACK, and the activations of the widest moment. */
  workingBytes: number;
  /** The codes, one array per tap; `input` has been checked. */
  run(input: Float32Array): Float32Array[];
  dispose(): void;
}

/**
 * Compiles what the taps need of `graph`, in one pass for all of them.
 *
 * @throws HeadwaterError `unsupported-graph`, `invalid-file`
 */
export function buildProgram(graph: Graph, size: number, taps: readonly Tap[]): Program {
  const { graph: small, outputs: sources } = optimise(graph, taps);
  const shapes = inferShapes(small, size);
  const constants = new Constants();
  try {
    const outputs = sources.map((source, i) => outputOf(source, taps[i]!, shapes.get(source)!));
    const context = { graph: small, shapes, constants };
    const steps: Step[] = small.ops.map((op) => ({
      name: op.name,
      inputs: op.inputs,
      run: operation(op, context),
      size: sizeOf(shapes.get(op.name)!),
      free: [],
    }));
    markLastReaders(steps, new Set(sources));
    const inputName = small.input.name;
    return {
      inputShape: shapes.get(inputName) as [number, number, number],
      outputShapes: sources.map((source, i) => {
        const shape = shapes.get(source)!;
        return taps[i]!.pooling === 'avg' ? [shape.at(-1)!] : shape;
      }),
      workingBytes: 2 * constants.bytes + 4 * widest(steps, shapes, inputName),
      run: (input) => runSteps(steps, outputs, inputName, shape4(shapes.get(inputName)!), input),
      dispose: () => constants.dispose(),
    };
  } catch (error) {
    constants.dispose();
    throw error;
  }
}

/** A vector (a dense layer's output) has nothing to pool. */
function outputOf(source: string, tap: Tap, shape: number[]): Output {
  return {
    source,
    pool: tap.pooling === 'avg' && shape.length > 1 ? globalAvgPool(shape4(shape)) : undefined,
  };
}

function markLastReaders(steps: Step[], kept: Set<string>): void {
  const seen = new Set(kept);
  for (const step of steps.toReversed())
    for (const name of step.inputs)
      if (!seen.has(name)) {
        seen.add(name);
        step.free.push(name);
      }
}

/** Values alive at the widest step: what is still to be read, and its output. */
function widest(steps: Step[], shapes: Map<string, number[]>, inputName: string): number {
  let alive = sizeOf(shapes.get(inputName)!);
  let most = alive;
  for (const step of steps) {
    alive += step.size;
    most = Math.max(most, alive);
    for (const name of step.free) alive -= sizeOf(shapes.get(name)!);
  }
  return most;
}

function runSteps(
  steps: Step[],
  outputs: Output[],
  inputName: string,
  inputShape: number[],
  input: Float32Array,
): Float32Array[] {
  const values = new Map<string, Tensor>();
  values.set(inputName, engine().makeTensor(input, inputShape, 'float32') as Tensor);
  for (const step of steps) {
    const value = step.run(step.inputs.map((name) => values.get(name)!));
    if (value.size !== step.size)
      throw new HeadwaterError(
        'internal',
        `Layer "${step.name}" gave ${value.size} values instead of ${step.size}.`,
      );
    values.set(step.name, value);
    for (const name of step.free) {
      values.get(name)!.dispose();
      values.delete(name);
    }
  }
  return outputs.map(({ source, pool }) => {
    const value = values.get(source)!;
    return (pool ? pool([value]) : value).dataSync<'float32'>();
  });
}
