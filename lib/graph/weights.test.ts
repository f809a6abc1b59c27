import { describe, expect, it } from 'vitest';
import { weightBytes, weightValues } from './weights.ts';

describe('weightValues', () => {
  it('gives scale · (q − zeroPoint), the last axis having its own scales if there are several', () => {
    const data = Uint8Array.of(0, 10, 20, 30);
    const [one, two] = [Float32Array.of(0.5), Float32Array.of(0.5, 2)];
    const weight = { kind: 'quantised' as const, shape: [2, 2], data };
    expect([...weightValues({ ...weight, scale: one, zeroPoint: Float32Array.of(4.5) })]).toEqual([
      -2.25, 2.75, 7.75, 12.75,
    ]);
    expect([...weightValues({ ...weight, scale: two, zeroPoint: Float32Array.of(0, 10) })]).toEqual([
      0, 0, 10, 40,
    ]);
  });

  it('counts scales and zero points among the bytes', () => {
    const [scale, zeroPoint] = [Float32Array.of(1), Float32Array.of(0)];
    expect(weightBytes({ kind: 'quantised', shape: [3], data: new Uint16Array(3), scale, zeroPoint })).toBe(
      14,
    );
    expect(weightBytes({ kind: 'float32', shape: [3], data: new Float32Array(3) })).toBe(12);
  });
});
