// Every kernel that we put into tfjs's WebAssembly backend.

import { getKernel, type KernelConfig, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { HeadwaterError } from '../../errors/index.ts';
import { convolutionKernels } from './register-convolution.ts';
import { depthwiseKernels } from './register-depthwise.ts';
import { identityKernel } from './register-identity.ts';
import { perChannelKernels } from './register-per-channel.ts';
import type { TrainingKernels } from './training-kernels.ts';

type KernelFunction = KernelConfig['kernelFunc'];

/** How tfjs calls a kernel: inputs by name, attributes by name, and the backend. */
export type KernelCall = Parameters<KernelFunction>[0];

export type NamedKernels = Record<string, KernelFunction>;

/** tfjs's own kernel of that name, for what ours isn't made for. */
export type Originals = (kernelName: string) => KernelFunction;

/** Registers all of them, in place of tfjs's own where it has one. tfjs must have set up its own before. */
export function registerKernels(kernels: TrainingKernels): void {
  const originals = new Map<string, KernelFunction>();
  const original: Originals = (name) => {
    const found = originals.get(name);
    if (!found) throw new HeadwaterError('internal', `tfjs has no kernel ${name} for WebAssembly.`);
    return found;
  };
  const ours: NamedKernels = {
    ...convolutionKernels(kernels, original),
    ...depthwiseKernels(kernels, original),
    ...perChannelKernels(kernels, original),
    ...identityKernel(kernels),
  };
  for (const [kernelName, kernelFunc] of Object.entries(ours)) {
    const theirs = getKernel(kernelName, 'wasm');
    if (theirs) {
      originals.set(kernelName, theirs.kernelFunc);
      unregisterKernel(kernelName, 'wasm');
    }
    registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
  }
}
