import { describe, expect, it } from 'vitest';
import { checkTailGolden, makeTailGolden, type RunTail, tailGoldenInput } from './tail-golden.ts';

const shape: [number, number, number] = [2, 2, 3];
const told = { seed: 5, most: 6, tolerance: 0 };
/** Two sums over the map. */
const run: RunTail = (map) => Float32Array.of(map[0]! + map[1]!, map[2]! - map[11]!);
const next = (value: number) => value * (1 + 2 ** -23);
const off =
  (change: (value: number) => number): RunTail =>
  (map) =>
    run(map).map(change);

const check = (arithmetic: 'int8' | 'float32', tolerance: number, by: RunTail, code?: string) =>
  checkTailGolden(
    {
      golden: { ...makeTailGolden(run, shape, { ...told, tolerance }), ...(code !== undefined && { code }) },
      inputShape: shape,
      arithmetic,
    },
    2,
    by,
  );
const refused = expect.objectContaining({ type: 'head-refused' });

describe('the golden of a tail', () => {
  it('is made of the same map wherever it is made: numbers from 0 to the largest one', () => {
    const map = tailGoldenInput(5, 6, shape);
    expect(map).toEqual(tailGoldenInput(5, 6, shape));
    expect(map).not.toEqual(tailGoldenInput(6, 6, shape));
    expect(map).toHaveLength(12);
    expect(map.every((value) => value >= 0 && value <= 6)).toBe(true);
    expect(Math.max(...map)).toBeGreaterThan(3);
  });

  it('passes an engine that gives its code, in integers to the last bit', () => {
    expect(() => check('int8', 0, run)).not.toThrow();
    expect(() => check('int8', 0, off(next))).toThrow(refused);
    expect(() => check('int8', 1e-3, off(next))).toThrow(refused);
  });

  it('passes float32 within its tolerance of the largest number, and not beyond', () => {
    expect(() => check('float32', 1e-4, off(next))).not.toThrow();
    expect(() =>
      check(
        'float32',
        1e-4,
        off((value) => value * 1.01),
      ),
    ).toThrow(refused);
  });

  it.each<[string, () => void]>([
    [
      'a code that is no number',
      () =>
        check(
          'float32',
          1e-2,
          off(() => Number.NaN),
        ),
    ],
    ['a tolerance that lets anything pass', () => check('float32', 1, run)],
    ['a code of another length', () => check('float32', 0, () => Float32Array.of(1))],
    ['a golden code of another length', () => check('float32', 0, run, 'AAAAAA==')],
    ['a golden code that is no float32', () => check('float32', 0, run, 'AAAA')],
    ['a golden code that is no base64', () => check('float32', 0, run, '…')],
  ])('refuses %s', (_, act) => {
    expect(act).toThrow(refused);
  });
});
