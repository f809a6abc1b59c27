import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Weight } from '../../graph/index.ts';
import type { ValueFormat } from '../lower/context.ts';
import { packKernel } from '../lower/pack-weights.ts';
import { kernelValues } from './kernel-values.ts';
import { fixtureLayer, graphOf, Random } from './layer-testing.ts';
import { integerLayer } from './layer-weights.ts';

const words: ValueFormat = { storage: 'i16', scale: 0.002, zeroPoint: 0, lo: -8191, hi: 8191 };
const bytes: ValueFormat = { storage: 'u7', scale: 0.05, zeroPoint: 41, lo: 0, hi: 127 };

describe('integer weights', () => {
  it('of any layer beside bytes keep every packed quad, and every sum, within what the kernels add in', () => {
    fc.assert(
      fc.property(fixtureLayer, (layer) => {
        const kernel = kernelValues(...graphOf(layer));
        const { groups, taps, inputs, outputs } = layer;
        const made = integerLayer(kernel, { input: bytes, output: bytes, groups });
        const perGroup = outputs / groups;
        const part = { taps, inputs, outputs: perGroup, allGroups: groups, first: 0, groups };
        const packed = packKernel(made.kernel, part);
        expect(worstPackedQuad(packed as Int8Array)).toBeLessThanOrEqual(258);
        expectNoOverflow(made.kernel, made.bias, outputs, 127);
      }),
    );
  });

  it('of any layer beside int16 numbers cannot overflow int32', () => {
    fc.assert(
      fc.property(fixtureLayer, (layer) => {
        const kernel = kernelValues(...graphOf(layer));
        const made = integerLayer(kernel, { input: words, output: words, groups: layer.groups });
        expectNoOverflow(made.kernel, made.bias, layer.outputs, 8191);
      }),
    );
  });

  it('are the file’s own, with their scale, where it has integers', () => {
    const data = Uint8Array.of(0, 255, 12, 128, 77, 200);
    const weight: Weight = {
      kind: 'quantised',
      shape: [3, 2],
      data,
      scale: Float32Array.of(0.01, 0.03),
      zeroPoint: Float32Array.of(128, 0),
    };
    const [graph, op] = graphOf({ weight, bias: [0.5, -2] });
    const made = integerLayer(kernelValues(graph, op), {
      input: words,
      output: { ...words, scale: 0.1 },
      groups: 1,
    });
    expect([...made.kernel]).toEqual([-128, 255, -116, 128, -51, 200]);
    expect([...made.bias]).toEqual([
      Math.round(0.5 / (words.scale * Math.fround(0.01))),
      Math.round(-2 / (words.scale * Math.fround(0.03))),
    ]);
    expect(made.scale).toEqual(
      Float32Array.of((words.scale * Math.fround(0.01)) / 0.1, (words.scale * Math.fround(0.03)) / 0.1),
    );
  });

  it('take off the bias what rounding adds on average, and the zero point of the input', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (seed) => {
        const random = new Random(seed);
        const [inputs, outputs] = [24, 5];
        const [graph, op] = graphOf({
          weight: random.weight(inputs, outputs),
          bias: [...random.array(outputs, 1)],
        });
        const kernel = kernelValues(graph, op);
        // Numbers that bytes can say exactly, so that the weights' error is all there is.
        const q = Array.from(random.array(inputs, 60), (x) => Math.round(x) + 63);
        const mean = Float32Array.from(q, (n) => (n - bytes.zeroPoint) * bytes.scale);
        const made = integerLayer(kernel, { input: bytes, output: bytes, mean, groups: 1 });
        for (let o = 0; o < outputs; o++) {
          const real = q.reduce(
            (sum, n, i) =>
              sum + Math.fround((n - bytes.zeroPoint) * bytes.scale) * kernel.values[i * outputs + o]!,
            kernel.bias[o]!,
          );
          const sum = q.reduce((total, n, i) => total + n * made.kernel[i * outputs + o]!, made.bias[o]!);
          const unit = made.scale![o]! * bytes.scale;
          // Half a unit of the rounded bias.
          expect(Math.abs(sum * unit - real)).toBeLessThanOrEqual(0.51 * unit + 1e-5);
        }
      }),
    );
  });

  it('are as fine as their limits let them be', () => {
    const random = new Random(4);
    const [graph, op] = graphOf({ weight: random.weight(64, 8), bias: [] });
    const kernel = kernelValues(graph, op);
    const { kernel: integers } = integerLayer(kernel, { input: bytes, output: bytes, groups: 1 });
    for (let o = 0; o < 8; o++) {
      const column = Array.from({ length: 64 }, (_, i) => Math.abs(integers[i * 8 + o]!));
      const quad = worstPackedQuad(
        packKernel(
          Int8Array.from({ length: 64 }, (_, i) => integers[i * 8 + o]!),
          {
            taps: 1,
            inputs: 64,
            outputs: 1,
            allGroups: 1,
            first: 0,
            groups: 1,
          },
        ),
      );
      expect(Math.max(...column) === 127 || quad >= 250).toBe(true);
    }
  });
});

/** The worst sum of one sign over inputs 0, 1, 4, 5 or 2, 3, 6, 7 of a block, of weights [.. K / 4][8][4]. */
function worstPackedQuad(packed: Int8Array): number {
  let worst = 0;
  for (let block = 0; block < packed.length; block += 64)
    for (let n = 0; n < 8; n++)
      for (const half of [0, 2]) {
        const members = [0, 1, 32, 33].map((at) => packed[block + n * 4 + half + at]!);
        const positive = members.reduce((sum, w) => sum + Math.max(0, w), 0);
        const negative = members.reduce((sum, w) => sum + Math.max(0, -w), 0);
        worst = Math.max(worst, positive, negative);
      }
  return worst;
}

function expectNoOverflow(
  integers: ArrayLike<number>,
  bias: ArrayLike<number>,
  outputs: number,
  most: number,
): void {
  for (let o = 0; o < outputs; o++) {
    let sum = Math.abs(bias[o]!);
    for (let i = o; i < integers.length; i += outputs) sum += most * Math.abs(integers[i]!);
    expect(sum).toBeLessThan(2 ** 31);
  }
}
