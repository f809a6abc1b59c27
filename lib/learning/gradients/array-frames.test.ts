import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Frame, floats, frameParts, frameReader } from './array-frames.ts';

const frame = fc.record({
  head: fc.jsonValue(),
  arrays: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
});

it('gives back what was written, however the pipe cuts it', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 17 })),
      (frames, cuts) => {
        const bytes = Buffer.concat(frames.flatMap(({ head, arrays }) => frameParts(head, arrays)));
        const read = frameReader();
        const back: Frame[] = [];
        for (let at = 0; at < bytes.length; ) {
          const length = cuts.next().value;
          back.push(...read(bytes.subarray(at, at + length)));
          at += length;
        }
        expect(JSON.stringify(back.map(({ head }) => head))).toBe(
          JSON.stringify(frames.map(({ head }) => head)),
        );
        expect(back.map(({ arrays }) => arrays.map((each) => [...each]))).toEqual(
          frames.map(({ arrays }) => arrays.map((each) => [...each])),
        );
      },
    ),
  );
});

it('keeps floats to the bit, out of the middle of a larger buffer too', () => {
  const values = Float32Array.from([0, 1 / 3, -1e-40, Number.POSITIVE_INFINITY]);
  const [read] = frameReader()(Buffer.concat(frameParts(null, [values.subarray(1)])));
  expect(floats(read!.arrays[0]!)).toEqual(values.subarray(1));
});
