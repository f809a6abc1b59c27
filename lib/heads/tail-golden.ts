// What proves that an engine runs a tail as its trainer did: a map of seeded numbers and the code that comes out of it.
// Integers have to give the same bits; the last bits of float32 depend on the CPU, so there a tolerance is stated.

import type { TailDocument } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { createRng } from '../linalg/index.ts';
import { fromBase64, toBase64 } from '../tensors/index.ts';

type TailGolden = TailDocument['golden'];
/** One forward pass of the tail: a map [h, w, c] → its code. */
export type RunTail = (map: Float32Array) => Float32Array;

/** Loosest tolerance that an edge takes, as a share of the code's largest number: another network is further away. */
export const maxTailTolerance = 1e-2;

/**
 * The map that a tail is proved on: h · w · c numbers, uniform in 0..`most`, from the generator of `seed`.
 *
 * @param shape [h, w, c]
 */
export function tailGoldenInput(seed: number, most: number, shape: readonly number[]): Float32Array {
  const { uniform } = createRng(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length }, () => uniform() * most);
}

/** The golden of a tail that a publisher writes down. `tolerance` is 0 with integers. */
export function makeTailGolden(
  run: RunTail,
  inputShape: readonly number[],
  { seed, most, tolerance }: Omit<TailGolden, 'code'>,
): TailGolden {
  const code = run(tailGoldenInput(seed, most, inputShape));
  return { seed, most, code: encode(code), tolerance };
}

/**
 * Runs a tail on its golden map and compares the code: to the bit with integers, within the stated tolerance of its
 * largest number with float32.
 *
 * @param dims numbers in a code, as the manifest states them
 * @throws HeadwaterError `head-refused`
 */
export function checkTailGolden(
  { golden, inputShape, arithmetic }: Pick<TailDocument, 'golden' | 'inputShape' | 'arithmetic'>,
  dims: number,
  run: RunTail,
): void {
  const expected = decode(golden.code);
  if (expected.length !== dims) throw refuse(`its golden code has ${expected.length} numbers, not ${dims}`);
  if (!(golden.tolerance <= maxTailTolerance)) throw refuse('its tolerance would let anything pass');
  const code = run(tailGoldenInput(golden.seed, golden.most, inputShape));
  if (code.length !== dims) throw refuse(`it gives ${code.length} numbers, not ${dims}`);
  const isExact = arithmetic !== 'float32';
  if (isExact ? encode(code) !== golden.code : !isNear(code, expected, golden.tolerance))
    throw refuse('its golden map gives another code');
}

function isNear(code: Float32Array, expected: Float32Array, tolerance: number): boolean {
  const bound = tolerance * expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // A comparison with what is no number is false, so this refuses those too.
  return code.every((value, i) => Math.abs(value - expected[i]!) <= bound);
}

/** float32, little-endian, in base64. */
function encode(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return toBase64(new Uint8Array(view.buffer));
}

function decode(text: string): Float32Array {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64(text);
  } catch {
    throw refuse('its golden code is not base64');
  }
  if (bytes.length % 4) throw refuse('its golden code is not float32');
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

const refuse = (why: string) =>
  new HeadwaterError('head-refused', `The tail does not prove itself: ${why}. Publish the version again.`);
