// The kernels of training, one WebAssembly module over tfjs's own memory: every address that it is given is a
// tensor or scratch that tfjs's allocator handed out. It has no data and no stack of its own to collide with them
// (its build imports the memory). Plain 128-bit SIMD: no relaxed operations, so every CPU gives the same bits.

export { gemm, gemmScratchBytes } from './gemm.as';
export { fold, unfold } from './unfold.as';
export { depthwise, depthwiseFilter, depthwiseInput } from './depthwise.as';
export { repeat, sumNeighbours } from './repeat.as';
export { channelSums, finish, normalise, reluGradient } from './per-channel.as';
