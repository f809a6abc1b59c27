// The numbers that integer plans are built within. Kernels rely on them (kernels.ts, kernels/requantise.as.ts): whoever
// changes one changes bits, and so the kernel revision.

/** Sums of products stay below 2^31. */
export const sumLimit = 2 ** 31 - 2;
/** |sum · scale| stays below 12,582,912, where rounding by addition ends. */
export const quotientLimit = 12_500_000;

/** Largest numbers of an int16 plan's values: without a sign, and with one. */
export const unsignedLevels = 4095;
export const signedLevels = 8191;
/** Of the int16 values of an int8 plan: sums of a residual chain need room beside themselves to saturate late. */
export const residualLevels = 16_383;
/** What int16 values can hold beyond the extremes that calibration saw. */
export const headroom = 1.25;

/** Largest activation and weight of an int8 plan. */
export const byteLevels = 127;
/** Of the four inputs of one output that meet in a lane (quads.ts) the positive weights, and the negative ones, sum to
 *  this at most: 258 · 127 still fits int16. */
export const quadLimit = 258;
/** Largest weight beside int16 activations. */
export const wordLevels = 32_767;
/** Largest weight that is taken from a file as it is: a uint8 less its zero point. */
export const fileLevels = 255;
