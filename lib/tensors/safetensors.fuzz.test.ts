import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answersOrRefuses, damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const files = [
  writeSafetensors({}, {}),
  writeSafetensors({ a: { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) } }, { format: '1' }),
  writeSafetensors(
    {
      codes: { dtype: 'F16', shape: [4, 5], data: new Uint16Array(20) },
      digests: { dtype: 'U8', shape: [4, 32], data: new Uint8Array(128) },
      empty: { dtype: 'F64', shape: [0], data: new Float64Array(0) },
    },
    { codeSpace: 'x'.repeat(64) },
  ),
];

it('reads or refuses damaged files, and what it reads fits its shapes', async () => {
  const outcomes = { answered: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(damaged(files), async (bytes) => {
      const outcome = await answersOrRefuses(() => {
        for (const { shape, data } of readSafetensors(bytes).tensors.values())
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      });
      outcomes[outcome]++;
    }),
    { numRuns: fuzzRuns(1000) },
  );
  expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(0);
});

it('reads or refuses any header', async () => {
  const header = fc.dictionary(
    fc.oneof(fc.constantFrom('a', '__metadata__', '__proto__'), fc.string()),
    fc.oneof(
      fc.record({
        dtype: fc.constantFrom('F32', 'F16', 'U8', 'F8', 7),
        shape: fc.oneof(fc.array(fc.oneof(fc.nat(5), fc.double(), fc.constant(2 ** 53))), fc.constant('x')),
        data_offsets: fc.array(fc.oneof(fc.nat(40), fc.integer(), fc.constant(1e300))),
      }),
      fc.jsonValue(),
    ),
  );
  await fc.assert(
    fc.asyncProperty(header, fc.nat(64), async (json, dataBytes) => {
      const text = Buffer.from(JSON.stringify(json));
      const file = Buffer.alloc(8 + text.length + dataBytes);
      file.writeBigUInt64LE(BigInt(text.length));
      text.copy(file, 8);
      await answersOrRefuses(() => readSafetensors(new Uint8Array(file)));
    }),
    { numRuns: fuzzRuns(1000) },
  );
});
