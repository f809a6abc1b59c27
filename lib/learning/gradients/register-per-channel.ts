// What stands between the convolutions, where tfjs's own kernels are slow: Sum over all axes but the last (tfjs
// transposes first), FusedBatchNorm (tfjs divides for every number), and ActivationGradient, which is ours alone.

import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { NamedKernels, Originals } from './register.ts';
import type { TrainingKernels } from './training-kernels.ts';

/** Sum, FusedBatchNorm and ActivationGradient; what they aren't made for goes to tfjs's own. */
export function perChannelKernels(kernels: TrainingKernels, original: Originals): NamedKernels {
  const { run, addressOf } = kernels;
  return {
    ActivationGradient({ inputs, attrs }) {
      const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
      const out = kernels.output(dy.shape);
      const upper = attrs?.activation === 'relu6' ? 6 : Infinity;
      run.reluGradient(addressOf(dy), addressOf(y), addressOf(out), sizeOf(dy.shape), upper);
      return out;
    },
    Sum(call) {
      const x = call.inputs.x as TensorInfo;
      const channels = x.shape.at(-1) ?? 0;
      if (!leavesTheLast(x, call.attrs) || channels === 0) return original('Sum')(call);
      const keep = call.attrs?.keepDims === true;
      const out = kernels.output(keep ? [...x.shape.slice(0, -1).fill(1), channels] : [channels]);
      run.channelSums(addressOf(x), sizeOf(x.shape) / channels, channels, addressOf(out));
      return out;
    },
    FusedBatchNorm(call) {
      const { x, mean, variance, scale, offset } = call.inputs as Record<string, TensorInfo | undefined>;
      const channels = x!.shape.at(-1) ?? 0;
      const perChannel = [mean, variance, scale, offset].every((t) => !t || t.shape.join() === `${channels}`);
      if (!perChannel || channels === 0) return original('FusedBatchNorm')(call);
      const out = kernels.output(x!.shape);
      const at = (tensor: TensorInfo | undefined) => (tensor ? addressOf(tensor) : 0);
      const scratch = kernels.scratch(8 * channels);
      const epsilon = (call.attrs as unknown as { varianceEpsilon?: number }).varianceEpsilon ?? 0.001;
      const pixels = sizeOf(x!.shape) / channels;
      const [m, v, s, o] = [at(mean), at(variance), at(scale), at(offset)];
      run.normalise(at(x), pixels, channels, m, v, s, o, epsilon, at(out), scratch);
      return out;
    },
  };
}

/** Whether a sum runs over every axis but the last. */
function leavesTheLast(x: TensorInfo, attrs: NamedAttrMap | undefined): boolean {
  const axis = attrs?.axis as number | number[] | null | undefined;
  if (x.dtype !== 'float32' || axis === undefined || axis === null) return false;
  const axes = new Set([axis].flat().map((a) => (a < 0 ? a + x.shape.length : a)));
  return axes.size === x.shape.length - 1 && !axes.has(x.shape.length - 1);
}

function sizeOf(shape: number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
