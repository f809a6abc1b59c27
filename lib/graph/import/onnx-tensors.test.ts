import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTensor } from './onnx-tensors.ts';
import { tensorOf } from './onnx-testing.ts';

describe('readTensor', () => {
  it('gives back whole numbers of up to 53 bits, however they are stored', () => {
    const whole = fc.array(fc.maxSafeInteger(), { maxLength: 20 });
    fc.assert(
      fc.property(whole, fc.constantFrom('raw' as const, 'field' as const), (values, stored) => {
        const tensor = tensorOf('t', { shape: [values.length], values, type: 'int64', stored });
        expect([...readTensor(tensor, 't').values]).toEqual(values.map((v) => v + 0));
      }),
    );
  });

  it('gives float16 and double as float32, from bytes that are not aligned', () => {
    const values = [0, -0.5, 65504, 2 ** -24, 1 / 3];
    for (const type of ['float16', 'float64'] as const) {
      const tensor = tensorOf('t', { shape: [5], values, type });
      const shifted = new Uint8Array(tensor.rawData!.length + 1);
      shifted.set(tensor.rawData!, 1);
      const read = readTensor({ ...tensor, rawData: shifted.subarray(1) }, 't').values;
      const field = readTensor(tensorOf('t', { shape: [5], values, type, stored: 'field' }), 't').values;
      expect(read).toBeInstanceOf(Float32Array);
      expect(read).toEqual(field);
      expect(read[4]).toBeCloseTo(1 / 3, type === 'float16' ? 3 : 7);
    }
  });

  it('joins values that come in several pieces', () => {
    const [a, b] = [[1, 2], [3]].map(
      (values) => tensorOf('t', { shape: [values.length], values, stored: 'field' }).floatData![0]!,
    );
    const tensor = {
      ...tensorOf('t', { shape: [3], values: [0, 0, 0] }),
      rawData: undefined,
      floatData: [a!, b!],
    };
    delete tensor.rawData;
    expect([...readTensor(tensor, 't').values]).toEqual([1, 2, 3]);
  });

  it.each<[string, number[]]>([
    ['runs on for more than 64 bits', Array(11).fill(0x80)],
    ['ends in the middle', [0x80]],
  ])('refuses a whole number that %s', (_, bytes) => {
    const tensor = {
      name: 't',
      dims: [1],
      dataType: 7,
      int64Data: [Uint8Array.from([...bytes, ...(bytes.length > 1 ? [1] : [])])],
    };
    expect(() => readTensor(tensor, 't')).toThrow(expect.objectContaining({ type: 'invalid-file' }));
  });
});
