// What quantising a backbone needs to know of its activations: measured once on calibration images (calibrate/), the
// same for every integer arithmetic and every tap.

/** Statistics of one value of a graph (the output of an op, or the graph's input), after its activation function. */
export interface ValueStatistics {
  /**
   * The range that 7 bits should cover; what is outside is clipped. It has the least squared error of clipping and
   * rounding to 128 levels, so it may lie well inside `least..most`. `lo` is 0 where nothing negative was seen.
   */
  lo: number;
  hi: number;
  /**
   * The extremes that were seen: for what has 12 bits or more, where clipping costs more than rounding. An unseen
   * picture may exceed them a little, so leave headroom where bits allow (a quarter is plenty), and stay within what
   * the activation function can give.
   */
  least: number;
  most: number;
  /** Mean of each channel (of each element where the value is a vector), for bias correction: of values that a
   *  convolution or dense layer reads, and of those that it reads through a pad. */
  mean?: Float32Array;
}

export interface Quantisation {
  /** SHA-256 of the stored file: part of the code space. */
  digest: string;
  /**
   * By the op's name in the stored graph; the input by its name; `<op>:pre` for what an op holds before the activation
   * that is fused into it. Dropout has none: it is what it reads. Nor has what only a batch-norm reads, since no plan
   * keeps it.
   */
  values: ReadonlyMap<string, ValueStatistics>;
}
