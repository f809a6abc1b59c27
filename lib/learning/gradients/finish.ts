// What a fused convolution does after its sums: a bias, and an activation that cuts off.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelCall } from './register.ts';
import type { TrainingKernels } from './training-kernels.ts';

/** What each activation cuts its input off at. */
const bounds: Record<string, [lower: number, upper: number]> = {
  linear: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
};

/** Bias and activation of a fused convolution with so many channels, in place; undefined where they are of another
 *  kind. */
export function finishOf(
  kernels: TrainingKernels,
  { inputs, attrs }: KernelCall,
  channels: number,
): ((out: TensorInfo) => void) | undefined {
  const cut = bounds[(attrs?.activation as string | undefined) ?? 'linear'];
  const bias = inputs.bias;
  if (!cut || inputs.preluActivationWeights || (bias && bias.shape.join() !== `${channels}`))
    return undefined;
  return (out) => {
    if (!bias && cut[0] === -Infinity) return;
    const pixels = out.shape[0]! * out.shape[1]! * out.shape[2]!;
    kernels.run.finish(kernels.addressOf(out), pixels, channels, bias ? kernels.addressOf(bias) : 0, ...cut);
  };
}
