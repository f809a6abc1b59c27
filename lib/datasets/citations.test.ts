import { describe, expect, it } from 'vitest';
import { createCitations } from './index.ts';
import { spaceA, spaceB, ulidOf } from './testing/examples.ts';
import { memorySql } from './testing/sql-node.ts';

describe('a segment', () => {
  it('is cited for as long as a snapshot names it', () => {
    const citations = createCitations(memorySql());
    citations.cite('first', spaceA, [ulidOf(1), ulidOf(2)]);
    citations.cite('first', spaceA, [ulidOf(1), ulidOf(2)]);
    citations.cite('second', spaceA, [ulidOf(2)]);
    citations.cite('third', spaceB, [ulidOf(3)]);
    expect(citations.citedSegments()).toEqual([
      { space: spaceA, ulid: ulidOf(1) },
      { space: spaceA, ulid: ulidOf(2) },
      { space: spaceB, ulid: ulidOf(3) },
    ]);
    citations.uncite('first');
    expect([1, 2, 3, 4].map((n) => citations.isCited(ulidOf(n)))).toEqual([false, true, true, false]);
    expect(citations.citingSnapshots()).toEqual(['second', 'third']);
  });
});
