// Seeded random numbers: xoshiro128** (Blackman and Vigna, 2018) on 32-bit integers, seeded by SplitMix32, so that
// a seed gives the same stream on every engine.

export interface Rng {
  /** The next 32 random bits, 0 ≤ n < 2³². */
  uint32(): number;
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
  /** An integer, 0 ≤ n < bound, each equally likely. bound ≤ 2³². */
  below(bound: number): number;
}

/** A generator from an integer seed (its low 32 bits count). */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed)) throw new RangeError('a seed is an integer');
  let state = seed >>> 0;
  const mixed = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = mixed();
  let b = mixed();
  let c = mixed();
  let d = mixed();
  const uint32 = () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  const below = (bound: number) => {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) throw new RangeError('bound is 1 to 2³²');
    // Draws beyond the last whole multiple of the bound are thrown away, or small numbers would be likelier.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return draw % bound;
  };
  return { uint32, uniform: () => uint32() / 2 ** 32, below };
}

/** Shuffles in place (Fisher and Yates) and returns the same array. */
export function shuffle<T>(items: T[], rng: Rng): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

function rotateLeft(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}
