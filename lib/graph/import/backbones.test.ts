import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readBackbone, writeBackbone } from '../backbone-file.ts';
import { type Card, makeCard } from '../card.ts';
import { outputsOf } from '../edges.ts';
import { optimise } from '../optimise.ts';
import { resolveTap } from '../taps.ts';
import { averaged, cosine, evaluate, random } from '../testing.ts';
import { weightValues } from '../weights.ts';
import type { Imported } from './imported.ts';
import { nsfwjsRecipe, readNsfwjs } from './nsfwjs-node.ts';
import { readTfjs } from './read-tfjs-node.ts';
import { importTfjs, type TfjsModel } from './tfjs.ts';
import { tfjsOutputs } from './tfjs-oracle.ts';

const imagenet = fileURLToPath(
  new URL('../../../../shared/backbones/mobilenet-v1-imagenet', import.meta.url),
);
const same = 0.999999;

const cases = [
  {
    name: 'mobilenet_v2_mid',
    read: async () => readNsfwjs('mobilenet_v2_mid'),
    options: { recipe: nsfwjsRecipe },
    /** Pixel → what the source model's own input is. */
    source: (pixel: number) => pixel / 255,
    finalLength: 1792,
    extraTap: 'block_14_expand',
    megaMultiplyAdds: 580.4,
    available: true,
  },
  {
    name: 'mobilenet_v2',
    read: async () => readNsfwjs('mobilenet_v2'),
    options: { recipe: nsfwjsRecipe },
    source: (pixel: number) => pixel / 255,
    finalLength: 1280,
    extraTap: 'block_14_expand',
    megaMultiplyAdds: 299.5,
    available: true,
  },
  {
    name: 'mobilenet-v1-imagenet',
    read: () => readTfjs(imagenet),
    options: {},
    source: (pixel: number) => pixel / 127.5 - 1,
    finalLength: 1024,
    extraTap: 'conv_pw_6_relu',
    megaMultiplyAdds: 515.9,
    available: existsSync(imagenet),
  },
];

describe.each(cases)(
  '$name',
  ({ name, read, options, source, finalLength, extraTap, megaMultiplyAdds, available }) => {
    describe.skipIf(!available)('imported (skipped where ../shared/backbones is absent)', () => {
      let model: TfjsModel;
      let imported: Imported;
      let card: Card;
      let input: Float32Array;
      let pixels: Float32Array;

      beforeAll(async () => {
        model = await read();
        imported = importTfjs(model, options);
        const { graph, recipe } = imported;
        card = makeCard(graph, {
          name,
          title: name,
          licence: 'unknown',
          origin: 'a test',
          recipe,
          defaultTap: extraTap,
        });
        const next = random(11);
        pixels = Float32Array.from({ length: recipe.size ** 2 * 3 }, () => Math.floor(127.99 * (next() + 1)));
        input = pixels.map((pixel, i) => (pixel - recipe.mean[i % 3]!) * recipe.scale[i % 3]!);
      });

      it('takes 224 pixels in −1…1 or 0…1, whatever stood at the input', () => {
        const { recipe } = imported;
        expect(recipe.size).toBe(224);
        if (name === 'mobilenet_v2') expect(recipe).toMatchObject({ mean: [0, 0, 0] });
        else expect(recipe.mean).toEqual([127.5, 127.5, 127.5]);
        expect(imported.graph.ops[0]).toMatchObject({ inputs: [imported.graph.input.name] });
      });

      it('has the taps `final` and its own, with their lengths and costs', () => {
        expect(card.taps.final).toMatchObject({ pooling: 'avg', codeLength: finalLength });
        expect(card.taps.final!.multiplyAdds / 1e6).toBeCloseTo(megaMultiplyAdds, 1);
        const tap = resolveTap(imported.graph, card);
        expect(tap.pooling).toBe('avg');
        if (name === 'mobilenet_v2_mid') expect(tap.op).toMatch(/expanded_conv_14\/expand\/Relu6$/);
      });

      it('keeps quantised weights as the integers of the file', () => {
        const quantised = [...imported.graph.weights.values()].filter(
          (weight) => weight.kind === 'quantised',
        );
        const floats = imported.graph.weights.size - quantised.length;
        if (name === 'mobilenet-v1-imagenet') expect(quantised).toHaveLength(0);
        else expect(floats).toBe(0);
        for (const weight of quantised) expect(weightValues(weight).every(Number.isFinite)).toBe(true);
      });

      it('computes what tfjs computes from the same files, as it stands and folded, at `final`, at its own tap and at the output', async () => {
        const { graph, recipe } = imported;
        const output = { op: outputsOf(graph)[0]!, pooling: 'none' as const };
        const taps = [resolveTap(graph, card, 'final'), resolveTap(graph, card), output];
        const oracle = await tfjsOutputs(
          model,
          pixels.map(source),
          recipe.size,
          taps.map((tap) => tap.op),
        );
        const plain = evaluate(graph, input, recipe.size);
        const { graph: small, outputs } = optimise(graph, taps);
        const folded = evaluate(small, input, recipe.size);
        expect(
          small.ops.some((op) => op.op === 'batchNorm' || op.op === 'activation' || op.op === 'dropout'),
        ).toBe(false);
        for (const [i, tap] of taps.entries()) {
          expect(cosine(plain.get(tap.op)!, oracle[i]!)).toBeGreaterThan(same);
          expect(cosine(folded.get(outputs[i]!)!, oracle[i]!)).toBeGreaterThan(same);
          expect(cosine(folded.get(outputs[i]!)!, plain.get(tap.op)!)).toBeGreaterThan(same);
        }
      });

      it('survives the backbone file', () => {
        const small = importTfjs(model, options).graph;
        const size = 64;
        const golden = {
          shape: [size, size, 3],
          data: Float32Array.from({ length: size * size * 3 }, random(2)),
        };
        const tap = resolveTap(small, card);
        const { graph: cut, outputs } = optimise(small, [tap]);
        const length = card.taps[card.defaultTap]!.codeLength;
        const code = averaged(evaluate(cut, golden.data, size).get(outputs[0]!)!, length);
        const file = writeBackbone({
          graph: small,
          card,
          golden: { input: golden, codes: { [extraTap]: code } },
        });
        const read = readBackbone(file);
        expect(read.graph.ops).toEqual(small.ops);
        const again = optimise(read.graph, [resolveTap(read.graph, read.card)]);
        const values = evaluate(again.graph, read.golden.input.data, size).get(again.outputs[0]!)!;
        expect(averaged(values, length)).toEqual(read.golden.codes[extraTap]);
      });
    });
  },
);

describe('inception_v3', () => {
  it('is imported, with `final` before its pooling', () => {
    const { graph, recipe } = importTfjs(readNsfwjs('inception_v3'), { recipe: nsfwjsRecipe });
    expect(recipe.size).toBe(299);
    expect(graph.taps.final).toEqual({ op: 'mixed10', pooling: 'avg' });
  });
});
