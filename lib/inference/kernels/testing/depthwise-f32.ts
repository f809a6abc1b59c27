// What the depthwise convolutions in float32 promise, on either build.

import fc from 'fast-check';
import { it } from 'vitest';
import { Random } from '../../fixtures.ts';
import { formats, KernelBed, type Placed, padded8 } from '../testing.ts';
import { clamp, expectNear } from './near.ts';

const depthwise = fc.record({
  height: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 4, max: 12 }),
  channels: fc.integer({ min: 1, max: 20 }),
  seed: fc.nat(),
});

type Shape = (typeof depthwise extends fc.Arbitrary<infer T> ? T : never) & {
  kernel: [number, number];
  stride: [number, number];
  dilation: number;
};

export function depthwiseF32Suite(module: WebAssembly.Module): void {
  const bed = new KernelBed(module);

  for (const k of [3, 5])
    for (const stride of [1, 2])
      it(`convolves every channel with its own ${k}×${k} kernel, stride ${stride}`, () => {
        fc.assert(
          fc.property(depthwise, (shape) => {
            bed.reset();
            const all: Shape = { ...shape, kernel: [k, k], stride: [stride, stride], dilation: 1 };
            check(bed, all, ({ input, output, weights, bias }, [lo, hi]) => {
              const from = [input.address, input.plane, input.row, weights, bias];
              const to = [output.address, output.plane, output.row, output.planes, shape.height, shape.width];
              bed.call('depthwise_f32', [...from, ...to, k, stride, lo, hi], output);
            });
          }),
          { numRuns: 30 },
        );
      });

  it('convolves with any other kernel, stride and dilation', () => {
    const any = fc.record({
      width: fc.integer({ min: 1, max: 6 }),
      kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 7 })),
      stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      dilation: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(depthwise, any, (base, extra) => {
        bed.reset();
        const shape: Shape = { ...base, ...extra };
        check(bed, shape, ({ input, output, weights, bias }, [lo, hi]) => {
          const [kh, kw] = shape.kernel;
          const taps = Array.from(
            { length: kh * kw },
            (_, t) => (Math.floor(t / kw) * input.row + (t % kw) * 16) * shape.dilation,
          );
          const steps = [shape.stride[0] * input.row, shape.stride[1] * 16];
          const from = [input.address, input.plane, bed.i32(taps), taps.length, ...steps, weights, bias];
          const to = [output.address, output.plane, output.row, output.planes, shape.height, shape.width];
          bed.call('depthwise_any_f32', [...from, ...to, lo, hi], output);
        });
      }),
      { numRuns: 60 },
    );
  });
}

interface Laid {
  input: Placed;
  output: Placed;
  weights: number;
  bias: number;
}

function check(bed: KernelBed, shape: Shape, run: (laid: Laid, bounds: [number, number]) => void): void {
  const { height, width, channels, dilation } = shape;
  const [kh, kw] = shape.kernel;
  const [sh, sw] = shape.stride;
  const random = new Random(shape.seed);
  const [h, w] = [(height - 1) * sh + 1 + (kh - 1) * dilation, (width - 1) * sw + 1 + (kw - 1) * dilation];
  const x = random.array(h * w * channels, 1);
  const weights = random.array(kh * kw * channels, 1);
  const biases = random.array(channels, 1);
  const input = bed.place('f32', [h, w, channels], x, { right: 1, slack: 16 });
  const output = bed.place('f32', [height, width, channels], undefined, { left: 1, bottom: 1 });
  const blocks = packTaps(weights, kh * kw, channels);
  run({ input, output, weights: bed.f32(blocks), bias: bed.f32(padded8(biases)) }, [-1, 1]);
  const exact = Array.from({ length: height * width * channels }, (_, i) => {
    const [c, xx, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    let [sum, magnitude] = [biases[c]!, Math.abs(biases[c]!)];
    for (let t = 0; t < kh * kw; t++) {
      const [iy, ix] = [y * sh + Math.floor(t / kw) * dilation, xx * sw + (t % kw) * dilation];
      const term = x[(iy * w + ix) * channels + c]! * weights[t * channels + c]!;
      sum += term;
      magnitude += Math.abs(term);
    }
    return { sum: clamp(sum, -1, 1), magnitude };
  });
  expectNear(bed.unplace(output), exact);
}

/** [taps][channels] → [channels / 4][taps][4], zeros in channels that are none. */
function packTaps(weights: ArrayLike<number>, taps: number, channels: number): number[] {
  const { block } = formats.f32;
  const planes = (Math.ceil(channels / 8) * 8) / block;
  return Array.from({ length: planes * taps * block }, (_, i) => {
    const c = Math.floor(i / (taps * block)) * block + (i % block);
    return c < channels ? weights[(Math.floor(i / block) % taps) * channels + c]! : 0;
  });
}
