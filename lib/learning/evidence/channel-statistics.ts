// Mean and variance of each channel of a map, over all its positions in some pictures: what a batch-norm layer keeps of
// the pictures that it was trained on, measured of others.

export interface ChannelStatistics {
  /** [channels] */
  mean: Float64Array;
  variance: Float64Array;
}

export class ChannelSums {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #positions = 0;

  constructor(channels: number) {
    this.#sums = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
  }

  /** Counts a map in, [h, w, channels]. */
  add(map: Float32Array): void {
    const channels = this.#sums.length;
    for (let i = 0; i < map.length; i += channels)
      for (let c = 0; c < channels; c++) {
        const value = map[i + c]!;
        this.#sums[c]! += value;
        this.#squares[c]! += value * value;
      }
    this.#positions += map.length / channels;
  }

  /** Of what was counted in; zeros before the first map. */
  statistics(): ChannelStatistics {
    const n = Math.max(1, this.#positions);
    const mean = this.#sums.map((sum) => sum / n);
    return { mean, variance: this.#squares.map((sum, c) => Math.max(0, sum / n - mean[c]! ** 2)) };
  }
}
