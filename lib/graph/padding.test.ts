import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolvePadding } from './padding.ts';

const side = fc.integer({ min: 1, max: 40 });
const step = fc.integer({ min: 1, max: 4 });

describe('resolvePadding', () => {
  it('gives ⌈in / stride⌉ windows under `same`, and pads no more than they need', () => {
    fc.assert(
      fc.property(side, side, step, step, (size, window, stride, dilation) => {
        const p = resolvePadding(
          { padding: 'same', stride: [stride, stride], dilation: [dilation, dilation] },
          [window, window],
          size,
          size,
        );
        expect(p.outHeight).toBe(Math.ceil(size / stride));
        const reach = (window - 1) * dilation + 1;
        const end = (p.outHeight - 1) * stride + reach;
        if (p.top + p.bottom > 0) expect(size + p.top + p.bottom).toBe(end);
        else expect(end).toBeLessThanOrEqual(size);
        expect(p.bottom - p.top === 0 || p.bottom - p.top === 1).toBe(true);
      }),
    );
  });

  it('counts under `valid` exactly the windows that fit', () => {
    fc.assert(
      fc.property(side, side, step, step, (size, window, stride, dilation) => {
        const attrs = {
          stride: [stride, stride] as [number, number],
          dilation: [dilation, dilation] as [number, number],
        };
        const reach = (window - 1) * dilation + 1;
        let fits = 0;
        for (let at = 0; at + reach <= size; at += stride) fits++;
        expect(resolvePadding(attrs, [window, window], size, size).outWidth).toBe(fits);
      }),
    );
  });

  it('lets the last window hang over under `ceil`, but not start outside', () => {
    expect(resolvePadding({ stride: [2, 2], ceil: true }, [3, 3], 6, 5)).toMatchObject({
      outHeight: 3,
      outWidth: 2,
    });
    const padding = { top: 1, bottom: 1, left: 1, right: 1 };
    expect(resolvePadding({ stride: [2, 2], ceil: true, padding }, [2, 2], 3, 3).outHeight).toBe(2);
  });

  it('puts the odd pixel of an even input at the bottom and the right, as TensorFlow does', () => {
    expect(resolvePadding({ padding: 'same', stride: [2, 2] }, [3, 3], 224, 224)).toEqual({
      top: 0,
      right: 1,
      bottom: 1,
      left: 0,
      outHeight: 112,
      outWidth: 112,
    });
  });
});
