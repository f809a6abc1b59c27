import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../tensors/index.ts';
import type { Program } from './program.ts';
import { readProgram, writeProgram } from './program-file.ts';

const step = fc.record({
  kernel: fc.constantFrom('conv_f32', 'add_i16', 'halo'),
  layer: fc.string(),
  multiplyAdds: fc.nat(),
  args: fc.array(fc.oneof(fc.nat(), fc.float(), fc.constantFrom(-0, Infinity, -Infinity))),
});
const program: fc.Arbitrary<Program> = fc.record({
  format: fc.constant(1),
  arithmetic: fc.constantFrom('float32', 'int16', 'int8'),
  kernelRevision: fc.string(),
  inputShape: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
  input: fc.nat(),
  outputs: fc.array(fc.record({ shape: fc.array(fc.nat()), address: fc.nat() })),
  memoryBytes: fc.nat(),
  constants: fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
  steps: fc.array(step),
}) as fc.Arbitrary<Program>;

describe('a program as a file', () => {
  it('is read back as it was, infinite bounds included', () => {
    fc.assert(
      fc.property(program, (written) => {
        expect(readProgram(writeProgram(written))).toEqual(written);
      }),
    );
  });

  it('is refused when it is another kind of file', () => {
    expect(() => readProgram(writeSafetensors(new Map(), {}))).toThrow(
      expect.objectContaining({ type: 'invalid-file' }),
    );
  });
});
