import { describe, expect, it } from 'vitest';
import { weightValues } from '../weights.ts';
import { sourceWeights } from './tfjs-testing.ts';
import { readTfjsWeights } from './tfjs-weights.ts';

describe('tfjs weights', () => {
  it('stay the integers of the file, with min as a zero point', () => {
    const source = sourceWeights([
      { name: 'a', shape: [3], values: [0, 10, 255], quantised: { dtype: 'uint8', min: -1, scale: 0.5 } },
      { name: 'b', shape: [2], values: [0, 65535], quantised: { dtype: 'uint16', min: 2, scale: 0.25 } },
      { name: 'c', shape: [2], values: [0x3c00, 0xc000], quantised: { dtype: 'float16' } },
    ]);
    const weights = readTfjsWeights(source.weightsManifest, source.weights);
    expect(weights.get('a')).toMatchObject({
      kind: 'quantised',
      data: Uint8Array.of(0, 10, 255),
      zeroPoint: Float32Array.of(2),
    });
    expect([...weightValues(weights.get('a')!)]).toEqual([-1, 4, 126.5]);
    expect([...weightValues(weights.get('b')!)]).toEqual([2, 2 + 65535 / 4]);
    expect([...weightValues(weights.get('c')!)]).toEqual([1, -2]);
  });

  it.each([-1, 1])('are refused when the bytes are %i off the manifest', (off) => {
    const source = sourceWeights([{ name: 'a', shape: [3] }]);
    const bytes = new Uint8Array(source.weights.length + off);
    expect(() => readTfjsWeights(source.weightsManifest, bytes)).toThrow(/bytes/);
  });
});
