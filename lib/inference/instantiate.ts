// Program → Plan: one WebAssembly instance and one memory per plan. Dropping the plan frees them.

import { HeadwaterError } from '../errors/index.ts';
import { type KernelExports, type KernelName, planBase } from './kernels.ts';
import type { Plan } from './plan.ts';
import type { Program } from './program.ts';

const pageBytes = 65_536;

/** What stands in for a kernel where this platform fails the kernels' self-test. */
const safeKernels: Partial<Record<KernelName, KernelName>> = {
  conv_u7_i16: 'safe_conv_u7_i16',
  conv_u7_u7: 'safe_conv_u7_u7',
  dense_u7_i16: 'safe_dense_u7_i16',
  dense_u7_u7: 'safe_dense_u7_u7',
  depthwise_u7: 'safe_depthwise_u7',
  depthwise_any_u7: 'safe_depthwise_any_u7',
};

/** A fresh instance of the kernels. */
export function newKernels(module: WebAssembly.Module): KernelExports {
  return new WebAssembly.Instance(module, {}).exports as unknown as KernelExports;
}

/**
 * Instantiates a program: writes its constants and binds its steps, so that a run makes nothing but the arrays that it
 * gives back.
 *
 * @throws HeadwaterError `internal` if there is no memory for it
 */
export function instantiate(program: Program, module: WebAssembly.Module): Plan {
  const kernels = newKernels(module);
  grow(kernels.memory, program.memoryBytes);
  let running: Bound | undefined = bind(program, kernels);
  const { inputShape, outputs, kernelRevision } = program;
  const inputLength = inputShape[0] * inputShape[1] * inputShape[2];
  return {
    inputShape,
    outputShapes: outputs.map(({ shape }) => shape),
    kernelRevision,
    get bytes() {
      return running ? running.memory.buffer.byteLength : 0;
    },
    run(input) {
      if (!running)
        throw new HeadwaterError('internal', 'This plan was disposed of. Compile the graph again.');
      if (input.length !== inputLength)
        throw new HeadwaterError(
          'internal',
          `The plan takes ${inputLength} values (${inputShape.join(' × ')}), but got ${input.length}. Resize the image to the plan's input first.`,
        );
      running.input.set(input);
      for (const step of running.steps) step();
      return running.outputs.map((output) => output.slice());
    },
    dispose() {
      running = undefined;
    },
  };
}

/** A program in memory. The views stay valid, since the memory grows no more. */
interface Bound {
  memory: WebAssembly.Memory;
  input: Float32Array;
  outputs: Float32Array[];
  steps: (() => void)[];
}

function bind(program: Program, kernels: KernelExports): Bound {
  const { memory } = kernels;
  new Uint8Array(memory.buffer).set(program.constants, planBase);
  const mayFail = program.steps.some(({ kernel }) => kernel in safeKernels);
  const isSafe = mayFail && kernels.selfTest() !== 0;
  const steps = program.steps.map(({ kernel, args }) => {
    const name = (isSafe && safeKernels[kernel]) || kernel;
    return kernels[name].bind(undefined, ...args);
  });
  const floats = (address: number, shape: number[]) =>
    new Float32Array(
      memory.buffer,
      address,
      shape.reduce((a, b) => a * b, 1),
    );
  return {
    memory,
    input: floats(program.input, program.inputShape),
    outputs: program.outputs.map(({ address, shape }) => floats(address, shape)),
    steps,
  };
}

function grow(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
  try {
    if (missing > 0) memory.grow(missing);
  } catch {
    throw new HeadwaterError(
      'internal',
      `The plan needs ${Math.ceil(bytes / 2 ** 20)} MB of memory, which this process does not give. Use a smaller size or an earlier tap.`,
    );
  }
}
