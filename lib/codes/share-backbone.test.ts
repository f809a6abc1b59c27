import { describe, expect, it } from 'vitest';
import { backboneKey, quantisationKey, type TapData } from '../contract/index.ts';
import { readBackbone } from '../graph/index.ts';
import { compilePlain } from '../inference/compile-node.ts';
import { Random } from '../inference/fixtures.ts';
import { memoryStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import { composeBackbone } from './compose-backbone.ts';
import { shareBackbone } from './share-backbone.ts';
import { makeTail } from './testing/tail-node.ts';
import { makeTiny } from './testing/tiny-node.ts';

const { file } = await makeTiny(1, 8);
const backbone = readBackbone(file);
const facts = { name: 'birds-net', title: 'Birds', origin: 'version 3 of "birds"' };
const recipe = { ...backbone.card.recipe, size: 12 };
const random = new Random(3);
const picture = () => random.array(12 * 12 * 3, 1);
const map: TapData = { op: 'relu', pooling: 'none', pre: false };

async function versionFrom(from: TapData, channels: number) {
  const tail = await makeTail({ seed: 2, from, inputShape: [12, 12, channels] });
  return { tail, version: { backbone, tail: tail.document, tailFile: tail.graphFile, recipe } };
}

describe('a fine-tuned version as a backbone', () => {
  it.each<[string, TapData, number]>([
    ['behind a layer', map, 8],
    ['before its activation', { ...map, pre: true }, 8],
    ['of all layers', { ...map, op: 'input' }, 3],
  ])('gives at its default tap what trunk and tail give: %s', async (_, from, channels) => {
    const { tail, version } = await versionFrom(from, channels);
    const made = await composeBackbone(version, facts, compilePlain);
    const { graph, card } = readBackbone(made.file);
    const options = { size: 12, arithmetic: 'float32' as const };
    const whole = await compilePlain(graph, { ...options, taps: [graph.taps[card.defaultTap]!] });
    const input = picture();
    const trunk =
      from.op === 'input' ? undefined : await compilePlain(backbone.graph, { ...options, taps: [from] });
    expect(whole.run(input)[0]).toEqual(tail.run(trunk ? trunk.run(input)[0]! : input));
    expect(card).toMatchObject({ ...facts, recipe, licence: backbone.card.licence, defaultTap: 'final' });
  });

  it('is the same file whenever it is made', async () => {
    const { version } = await versionFrom(map, 8);
    const [one, two] = [1, 2].map(() => composeBackbone(version, facts, compilePlain));
    expect((await one)!.digest).toBe((await two)!.digest);
  });

  it('is refused where the tail is one of another backbone', async () => {
    const { version } = await versionFrom(map, 3);
    await expect(composeBackbone(version, facts, compilePlain)).rejects.toMatchObject({
      type: 'invalid-file',
    });
  });

  it('is put into the bucket in the arithmetic that suits it, with nothing that points at it', async () => {
    const { version } = await versionFrom(map, 8);
    const store = memoryStore();
    const told: number[] = [];
    const current = await shareBackbone(version, facts, {
      store,
      compile: compilePlain,
      at: '2026-01-01T00:00:00.000Z',
      pictures: { forRanges: [picture(), picture()], forFigures: [picture(), picture()] },
      onPicture: (done) => told.push(done),
    });
    expect(current).toMatchObject({ name: 'birds-net', figures: { int16: { pictures: 2 } } });
    expect(current.arithmetic).not.toBe('float32');
    expect(told).toEqual([1, 2, 3, 4]);
    const keys = (await store.list({ prefix: 'backbones/' })).objects.map(({ key }) => key);
    expect(keys.toSorted()).toEqual(
      [
        backboneKey('birds-net', current.digest),
        quantisationKey('birds-net', current.digest, current.quantisation!),
      ].toSorted(),
    );
    expect(await sha256((await store.get(backboneKey('birds-net', current.digest)))!.body)).toBe(
      current.digest,
    );
  });

  it('makes its codes in float32 where there are no pictures', async () => {
    const { version } = await versionFrom(map, 8);
    const parts = { store: memoryStore(), compile: compilePlain, at: '2026-01-01T00:00:00.000Z' };
    const current = await shareBackbone(version, facts, parts);
    expect(current).toMatchObject({ arithmetic: 'float32', quantisation: null, figures: {} });
  });
});
