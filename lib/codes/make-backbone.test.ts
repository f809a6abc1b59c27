import { describe, expect, it } from 'vitest';
import { readBackbone } from '../graph/index.ts';
import { averaged, cosine, evaluate } from '../graph/testing.ts';
import { compile } from '../inference/compile-node.ts';
import { sha256 } from '../tensors/index.ts';
import { parseBackbone } from './backbone.ts';
import { makeTiny } from './testing/tiny-node.ts';

describe('making a backbone', () => {
  it('gives the same bytes again, and others for other weights', async () => {
    const [one, again, other] = [await makeTiny(1), await makeTiny(1), await makeTiny(2)];
    expect(again.file).toEqual(one.file);
    expect(one.digest).toBe(await sha256(one.file));
    expect(other.digest).not.toBe(one.digest);
  });

  it('gives a file that proves itself: its golden input run again gives its golden codes', async () => {
    const { graph, golden } = readBackbone((await makeTiny(3)).file);
    const [size] = golden.input.shape as [number];
    for (const [alias, code] of Object.entries(golden.codes)) {
      const plan = await compile(graph, { size, taps: [graph.taps[alias]!], arithmetic: 'float32' });
      expect(plan.run(golden.input.data)).toEqual([code]);
      plan.dispose();
    }
    expect(Object.keys(golden.codes)).toEqual(['final']);
    // The input is varied enough to tell a wrong engine: the naive twin agrees, one other weight does not.
    const twin = averaged(evaluate(graph, golden.input.data, size).get('relu')!, 4);
    expect(cosine(twin, golden.codes.final!)).toBeGreaterThan(0.999999);
    const other = readBackbone((await makeTiny(4)).file);
    expect(cosine(other.golden.codes.final!, golden.codes.final!)).toBeLessThan(0.99);
  });

  it('is parsed as what it was made of, and refused with a byte missing', async () => {
    const { file, digest, card } = await makeTiny(5);
    const backbone = parseBackbone(file, 'tiny 5', digest);
    expect(backbone).toMatchObject({ name: 'tiny 5', digest, bytes: file.length });
    expect(backbone.card).toEqual(card);
    expect(() => parseBackbone(file.subarray(0, -1), 'tiny 5', digest)).toThrow(
      expect.objectContaining({ type: 'invalid-file' }),
    );
  });
});
