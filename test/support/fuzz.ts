// What fuzz tests share: how many runs (`npm run fuzz` asks for many more than `npm test`), files with damage in
// them, and the one law: a parser answers, or refuses with an error of ours below 500; never anything else.

import fc from 'fast-check';
import { HeadwaterError } from '../../lib/errors/index.ts';

/** Runs of a fuzz test; `HEADWATER_FUZZ_RUNS` overrides what is usual. */
export const fuzzRuns = (usual: number) => Number(process.env.HEADWATER_FUZZ_RUNS) || usual;

/** Values that lengths and offsets are wrong with. */
const nasty = [0, 1, 0x7f, 0x80, 0xff];

/** One of `files` with one to four wounds: a byte changed, bytes cut out, doubled or put in, an end cut off. */
export function damaged(files: Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const wound = fc.record({
    at: fc.nat(0xffffff),
    // Headers are where parsers live: half of the wounds are there.
    early: fc.boolean(),
    value: fc.oneof(fc.constantFrom(...nasty), fc.nat(255)),
    kind: fc.nat(31),
    length: fc.nat(16),
  });
  return fc
    .tuple(fc.constantFrom(...files), fc.array(wound, { minLength: 1, maxLength: 4 }))
    .map(([file, wounds]) => {
      let bytes: number[] = Array.from(file);
      for (const { at, early, value, kind, length } of wounds) {
        if (bytes.length === 0) break;
        const index = at % (early ? Math.min(bytes.length, 256) : bytes.length);
        if (kind === 0) bytes = bytes.slice(0, index);
        else if (kind === 1) bytes.splice(index, length);
        else if (kind === 2) bytes.splice(index, 0, ...bytes.slice(index, index + length));
        else if (kind === 3) bytes.splice(index, 0, ...Array(length).fill(value));
        else bytes[index] = value;
      }
      return Uint8Array.from(bytes);
    });
}

/** Whether `work` answered. @throws whatever it throws that is no refusal: a fault of ours */
export async function answersOrRefuses(work: () => unknown): Promise<'answered' | 'refused'> {
  try {
    await work();
    return 'answered';
  } catch (error) {
    // A stored file that is refused is a bad upstream (502) to whoever asked.
    if (error instanceof HeadwaterError && (error.status < 500 || error.status === 502)) return 'refused';
    throw error;
  }
}
