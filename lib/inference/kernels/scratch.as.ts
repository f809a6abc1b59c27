// A few kilobytes of the module's own memory, for kernels that gather a column or a pixel before they go on. What lies
// there means nothing to anybody after the call.

/** 4,096 numbers of float32. */
export const scratchBytes: usize = 16384;
export const scratch: usize = memory.data(16384, 16);
