import { describe, expect, it } from 'vitest';
import type { ArithmeticFigures, ProbeFigures } from '../contract/index.ts';
import { chooseArithmetic } from './choose-arithmetic.ts';
import { distance } from './measure-arithmetics.ts';

const figures = (cosineMean: number, cosineWorst: number, probe?: ProbeFigures): ArithmeticFigures => ({
  tap: 'final',
  pictures: 100,
  cosineMean,
  cosineWorst,
  relativeError: 0.01,
  ...(probe && { probe }),
});
const heads = (examples: number, lossByChance: number): ProbeFigures => ({
  examples,
  right: 0,
  rightFloat32: 0,
  onlyThis: 0,
  onlyFloat32: 0,
  lossByChance,
});
const good = figures(0.99999, 0.9999);

describe('the arithmetic chosen', () => {
  it('is the fastest within its bounds', () => {
    expect(chooseArithmetic({ int8: good, int16: good })).toBe('int8');
    expect(chooseArithmetic({ int8: figures(0.9996, 0.9995), int16: good })).toBe('int16');
    expect(chooseArithmetic({ int8: figures(0.9998, 0.998), int16: good })).toBe('int16');
    expect(chooseArithmetic({ int8: figures(0.9996, 0.999), int16: figures(0.9998, 0.9998) })).toBe(
      'float32',
    );
    expect(chooseArithmetic({})).toBe('float32');
  });

  it('is none whose figures are no numbers', () => {
    expect(chooseArithmetic({ int8: figures(Number.NaN, Number.NaN), int16: good })).toBe('int16');
    expect(chooseArithmetic({ int8: figures(0.99999, Number.NaN) })).toBe('float32');
    const probed = figures(Number.NaN, Number.NaN, heads(500, 0.3));
    expect(chooseArithmetic({ int8: probed })).toBe('float32');
  });

  it('is what heads say, where there are labelled examples enough', () => {
    const loses = figures(0.99999, 0.9999, heads(500, 0.01));
    expect(chooseArithmetic({ int8: loses, int16: good })).toBe('int16');
    const noisy = (examples: number) => figures(0.998, 0.99, heads(examples, 0.3));
    expect(chooseArithmetic({ int8: noisy(500), int16: good })).toBe('int8');
    expect(chooseArithmetic({ int8: noisy(50), int16: good })).toBe('int16');
    expect(chooseArithmetic({ int8: figures(0.9, 0.8, heads(500, 0.3)), int16: good })).toBe('int16');
  });
});

describe('the distance of two codes', () => {
  it('is none for equal ones, zeros among them, and all there is for opposite and for vanished ones', () => {
    const code = Float32Array.of(1, -2, 3);
    expect(distance(code, code)).toEqual({ cosine: 1, error: 0 });
    expect(distance(new Float32Array(3), new Float32Array(3))).toEqual({ cosine: 1, error: 0 });
    expect(
      distance(
        code.map((x) => -x),
        code,
      ).cosine,
    ).toBeCloseTo(-1, 12);
    expect(distance(new Float32Array(3), code)).toEqual({ cosine: 0, error: 1 });
    const { cosine, error } = distance(
      code.map((x) => 2 * x),
      code,
    );
    expect([cosine, error]).toEqual([expect.closeTo(1, 12), 1]);
  });
});
