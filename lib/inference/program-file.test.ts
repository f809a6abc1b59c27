import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tensor, writeSafetensors } from '../tensors/index.ts';
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

  it.each([
    ['another kind of file', {}],
    ['a header that is no JSON', { program: '{' }],
    ['another format', { program: '{"format":2,"steps":[]}' }],
    ['a header without steps', { program: '{"format":1}' }],
    ['fewer arguments than there are', { program: '{"format":1,"steps":[["copy","a",0,1]]}' }],
    ['more arguments than there are', { program: '{"format":1,"steps":[["copy","a",0,3]]}' }],
  ])('is refused when it is %s', (_, metadata) => {
    const tensors = new Map<string, Tensor>([
      ['constants', { dtype: 'U8', shape: [0], data: new Uint8Array() }],
      ['args', { dtype: 'F64', shape: [2], data: new Float64Array(2) }],
    ]);
    expect(() => readProgram(writeSafetensors(tensors, metadata))).toThrow(
      expect.objectContaining({ type: 'invalid-file' }),
    );
  });
});
