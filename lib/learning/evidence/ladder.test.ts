import { describe, expect, it } from 'vitest';
import { tailAfterTap } from '../../graph/index.ts';
import { cutPlaces, ladderTaps, topPlace } from './ladder.ts';
import { stagesBackbone } from './testing.ts';

const { graph, card } = await stagesBackbone({ mean: 0, variance: 1 }, 'two_relu');

describe('the ladder', () => {
  it('climbs from early to late and always has the default tap and `final`', () => {
    for (const count of [2, 3, 4, 8]) {
      const rungs = ladderTaps(graph, card, count);
      expect(rungs.length).toBeLessThanOrEqual(count);
      expect(rungs.map(({ depth }) => depth)).toEqual(
        rungs.map(({ depth }) => depth).toSorted((a, b) => a - b),
      );
      const names = rungs.map(({ name }) => name);
      expect(names).toContain('two_relu');
      expect(rungs.at(-1)).toMatchObject({ depth: 1, dims: 12, tap: { op: 'four_relu', pooling: 'avg' } });
    }
  });

  it('names places as a request would, and only those that end a layer', () => {
    for (const { name, tap, dims } of ladderTaps(graph, card)) {
      expect(tap.op).toMatch(/_relu$|^sum$/);
      expect(card.taps[name]).toMatchObject({ op: tap.op, codeLength: dims });
    }
  });
});

describe('places to cut at', () => {
  const output = graph.taps.final!;

  it('are those that no shortcut goes round, before the code', () => {
    const places = cutPlaces(graph, card, output);
    expect(places.map(({ name }) => name)).toEqual(['one_relu', 'two_relu', 'sum']);
    for (const { tap, dims } of places) expect(tailAfterTap(graph, tap, dims).ops.length).toBeGreaterThan(0);
  });

  it('end where the code is read', () => {
    expect(cutPlaces(graph, card, graph.taps.two_relu!).map(({ name }) => name)).toEqual(['one_relu']);
  });

  it('leave the later layers to the top', () => {
    expect(topPlace(graph, card, output)!.name).toBe('sum');
    expect(topPlace(graph, card, { op: 'one_relu', pooling: 'avg' })).toBeNull();
  });
});
