// What tfjs's kernels give, in Node as in workerd.

import { tfjsRevision } from './compile.ts';

export const tfjsBits = {
  kernelRevision: tfjsRevision,
  digest: '21dd5590f84e9b04e0c5bbe9b1c06f0b5881c63f1f60bb2d32eb21cb4368c914',
};
