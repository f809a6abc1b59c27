// What our own float32 kernels give for one small network. Without relaxed operations it is the same everywhere.

import { kernelRevision } from './kernel-revision.ts';

export const plainBits = {
  kernelRevision: kernelRevision.float32,
  digest: '995128fef083b7f6acb6ce2b3eda4c051f64fc088b40bf4ff17e3c6931b7fa96',
};
/** The last bits of the relaxed build depend on the CPU. */
export const relaxedBits = { kernelRevision: kernelRevision.float32 };
