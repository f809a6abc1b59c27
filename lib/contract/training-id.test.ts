import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTrainingId, trainingId } from './index.ts';
import { anyName, anyUlid } from './testing.ts';

const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

describe('a training’s id', () => {
  it('carries its dataset, is safe in a URL, and parses back', () => {
    fc.assert(
      fc.property(anyName, anyUlid, (dataset, id) => {
        const text = trainingId(dataset, id);
        expect(text).toMatch(/^[\w-]+\.[\w]+$/);
        expect(parseTrainingId(text)).toEqual({ dataset, ulid: id });
      }),
    );
  });

  it('is spelled in one way: whatever parses is written so', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQYZaz09-_=+/ .'), maxLength: 8 }), (text) => {
        let parsed: ReturnType<typeof parseTrainingId>;
        try {
          parsed = parseTrainingId(`${text}.${ulid}`);
        } catch (error) {
          expect(error).toMatchObject({ type: 'not-found' });
          return;
        }
        expect(trainingId(parsed.dataset, parsed.ulid)).toBe(`${text}.${ulid}`);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '',
    '.',
    ulid,
    `.${ulid}`,
    `YW50cw.${ulid}.x`,
    `YW50cw.${ulid.toLowerCase()}`,
    `YW50cw==.${ulid}`,
    'YW50cw.',
    `Lg.${ulid}`,
    `Lw.${ulid}`,
    `_w.${ulid}`,
    `YcyI.${ulid}`,
    `é.${ulid}`,
    'x'.repeat(100_000),
  ])('that is malformed names no training: %.40j', (id) => {
    expect(() => parseTrainingId(id)).toThrow(expect.objectContaining({ type: 'not-found' }));
  });
});
