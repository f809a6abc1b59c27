// Identity, of which differentiation makes one for every tensor that it saves: tfjs's own copies the values, this one
// lets both tensors read them, as tfjs's reshape does.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NamedKernels } from './register.ts';
import type { TrainingKernels } from './training-kernels.ts';

export function identityKernel({ backend }: TrainingKernels): NamedKernels {
  return {
    Identity({ inputs }) {
      const { dataId, shape, dtype } = inputs.x as TensorInfo;
      backend.incRef(dataId);
      return { dataId, shape, dtype };
    },
  };
}
