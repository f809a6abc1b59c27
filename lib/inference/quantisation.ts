// What quantising a backbone needs to know of its activations: measured once on calibration images, the same for
// every integer arithmetic and every tap.

/** Statistics of one value of a graph (the output of an op, or the graph's input), after its activation function. */
export interface ValueStatistics {
  /** The range that integers should cover; what is outside is clipped. */
  lo: number;
  hi: number;
  /** Mean of each channel; where a convolution or dense layer reads the value, for bias correction. */
  mean?: Float32Array;
}

export interface Quantisation {
  /** SHA-256 of the stored file: part of the code space. */
  digest: string;
  /** By the op's name in the stored graph. */
  values: ReadonlyMap<string, ValueStatistics>;
}
