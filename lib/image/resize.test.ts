import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitSpans } from './fit.ts';
import { axisWeights, createResizer, type Span } from './resize.ts';
import { pillow } from './testing/fixtures-node.ts';

/** Resizes one channel, given as red, through the row interface. */
function resizeChannel(values: ArrayLike<number>, across: Span, down: Span, size: number): number[] {
  const resizer = createResizer(across, down, size);
  for (let y = 0; y < down.inSize; y++) {
    for (let x = 0; x < across.inSize; x++) resizer.row[3 * x] = values[y * across.inSize + x]!;
    resizer.addRow(y);
  }
  return Array.from({ length: size * size }, (_, i) => resizer.pixels[3 * i]!);
}

const whole = (inSize: number): Span => ({ inSize, start: 0, end: inSize });

const span = fc
  .record({ inSize: fc.integer({ min: 1, max: 60 }), cut: fc.nat(999) })
  .map(({ inSize, cut }) => ({ inSize, start: (cut * inSize) / 4000, end: inSize - (cut * inSize) / 3000 }));

it.each(pillow.resizes)('equals Pillow on $width × $height → $size, stretched and covered', (resize) => {
  const { width, height, size, values } = resize;
  for (const fit of ['stretch', 'cover'] as const) {
    const { across, down } = fitSpans({ width, height }, { width, height }, fit);
    const ours = resizeChannel(values, across, down, size);
    ours.forEach((value, i) => {
      expect(value).toBeCloseTo(resize[fit][i]!, 3);
    });
  }
});

it('has weights that are positive and sum to 1, inside the picture, for any span', () => {
  fc.assert(
    fc.property(span, fc.integer({ min: 1, max: 40 }), (input, size) => {
      const { first, count, weights, stride } = axisWeights(input, size);
      for (let i = 0; i < size; i++) {
        const own = weights.slice(i * stride, i * stride + count[i]!);
        expect(own.length).toBe(count[i]);
        expect(own.every((weight) => weight >= 0)).toBe(true);
        expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        expect(first[i]! >= 0 && first[i]! + count[i]! <= input.inSize).toBe(true);
      }
    }),
  );
});

it('agrees with the filter written as a double sum over the picture', () => {
  fc.assert(
    fc.property(
      span,
      span,
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat(255)),
      (across, down, size, random) => {
        const values = Array.from(
          { length: across.inSize * down.inSize },
          () => random.next().value as number,
        );
        const naive: number[] = [];
        const weight = (input: Span, out: number, at: number) => {
          const scale = (input.end - input.start) / size;
          return Math.max(
            0,
            1 - Math.abs(at + 0.5 - (input.start + (out + 0.5) * scale)) / Math.max(1, scale),
          );
        };
        for (let v = 0; v < size; v++)
          for (let u = 0; u < size; u++) {
            let sum = 0;
            let total = 0;
            for (let y = 0; y < down.inSize; y++)
              for (let x = 0; x < across.inSize; x++) {
                const w = weight(across, u, x) * weight(down, v, y);
                sum += w * values[y * across.inSize + x]!;
                total += w;
              }
            naive.push(sum / total);
          }
        resizeChannel(values, across, down, size).forEach((value, i) => {
          expect(value).toBeCloseTo(naive[i]!, 8);
        });
      },
    ),
    { numRuns: 40 },
  );
});

it('changes nothing when the size stays the same', () => {
  const values = Array.from({ length: 49 }, (_, i) => (i * 37) % 256);
  expect(resizeChannel(values, whole(7), whole(7), 7)).toEqual(values);
});

it('does not depend on the order of the rows, nor on whether a row comes in parts', () => {
  const values = Array.from({ length: 11 * 9 }, (_, i) => (i * 53) % 256);
  const resizer = createResizer(whole(11), whole(9), 4);
  for (let y = 8; y >= 0; y--)
    for (const parity of [1, 0]) {
      resizer.row.fill(0);
      for (let x = parity; x < 11; x += 2) resizer.row[3 * x] = values[y * 11 + x]!;
      resizer.addRow(y);
    }
  resizeChannel(values, whole(11), whole(9), 4).forEach((value, i) => {
    expect(resizer.pixels[3 * i]).toBeCloseTo(value, 10);
  });
});

it('needs exactly the rows that reach the output', () => {
  const resizer = createResizer(whole(4), { inSize: 100, start: 40, end: 60 }, 10);
  const needed = Array.from({ length: 100 }, (_, y) => y).filter((y) => resizer.needs(y));
  expect([needed[0], needed.at(-1), needed.length]).toEqual([39, 60, 22]);
});
