import { describe, expect, it } from 'vitest';
import { readReferenceFile } from '../lib/codes/index.ts';
import { readBackbone } from '../lib/graph/index.ts';
import { statisticsPlaces } from '../lib/learning/evidence/index.ts';
import { ownBackbone } from './build-backbone.ts';
import { readDefaultReference } from './default-reference.ts';

describe('the committed reference statistics of the default backbone', () => {
  it('are of this backbone, at every place where statistics are compared, and say of what', async () => {
    const own = await ownBackbone();
    const { graph, card } = readBackbone(own.file);
    const { name, images, places } = readReferenceFile(readDefaultReference(own.digest));
    expect(name).toBe(`${images} photographs of cats and dogs`);
    for (const place of statisticsPlaces(graph, card))
      expect(places.get(place.name)?.mean).toHaveLength(
        graph.weights.get(graph.ops.find((op) => op.name === place.tap.op)!.weights.kernel!)!.shape.at(-1)!,
      );
  });

  it('are refused for another backbone, with how to make them anew', () => {
    expect(() => readDefaultReference('0'.repeat(64))).toThrow('reference-default.ts');
  });
});
