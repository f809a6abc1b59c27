// How often a value takes which numbers, in little memory and without knowing its extent beforehand: equal bins over
// −reach … reach, where reach is a power of two that doubles (and pairs of bins become one) when a larger number comes.

/** Bins on either side of zero: at least half of them are in use, eight for each of 7 bits' levels. */
const sideBins = 2048;
const leastReach = 2 ** -24;

export class Histogram {
  /** Exact zeros, which every range represents without error, are not among them. */
  readonly #counts = new Float64Array(2 * sideBins);
  #reach = leastReach;
  /** Extremes; both 0 before the first number. */
  least = 0;
  most = 0;

  /** Counts numbers in. @returns whether all were finite; if not, none is counted */
  add(values: Float32Array): boolean {
    let [least, most] = [this.least, this.most];
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < least) least = value;
      if (value > most) most = value;
      total += value;
    }
    if (!Number.isFinite(total)) return false;
    this.least = least;
    this.most = most;
    while (this.#reach <= Math.max(-least, most)) this.#double();
    const perUnit = sideBins / this.#reach;
    const counts = this.#counts;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== 0) counts[sideBins + Math.floor(value * perUnit)]!++;
    }
    return true;
  }

  /** Centres of the bins that hold something, ascending, and how much. */
  bins(): { centres: Float64Array; counts: Float64Array } {
    const used = [...this.#counts.keys()].filter((bin) => this.#counts[bin]! > 0);
    const width = this.#reach / sideBins;
    return {
      centres: Float64Array.from(used, (bin) => (bin - sideBins + 0.5) * width),
      counts: Float64Array.from(used, (bin) => this.#counts[bin]!),
    };
  }

  #double(): void {
    const old = this.#counts.slice();
    this.#counts.fill(0);
    old.forEach((count, bin) => {
      this.#counts[sideBins + Math.floor((bin - sideBins) / 2)]! += count;
    });
    this.#reach *= 2;
  }
}
