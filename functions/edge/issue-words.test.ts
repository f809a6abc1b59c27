import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ClassWeights, KeyRequest, TrainingRequest } from '../../lib/contract/index.ts';
import { fromZodError } from './problem.ts';

function refusal(schema: z.ZodType, value: unknown) {
  const { error } = schema.safeParse(value);
  return fromZodError(error!, 'json');
}

describe('a request that its schema refuses is told', () => {
  it.each([
    ['what is missing', {}, '"dataset" is missing.'],
    ['of a wrong type', { dataset: 'a', seed: '1' }, '"seed" must be a number, not a string.'],
    ['of null', { dataset: null }, '"dataset" must be a string, not null.'],
    ['of a fraction', { dataset: 'a', seed: 1.5 }, '"seed" must be a whole number.'],
    ['the lower bound', { dataset: 'a', seed: -1 }, '"seed" must be at least 0.'],
    ['the upper bound', { dataset: 'a', strength: 1e9 }, '"strength" must be at most 100000000.'],
    ['the length', { dataset: 'a', tap: '' }, '"tap" must have at least 1 character.'],
    [
      'the choices',
      { dataset: 'a', classWeights: 'x' },
      `"classWeights" must be one of ${ClassWeights.options.map((o) => `"${o}"`).join(', ')}.`,
    ],
    ['of a body that is no object', [], '"body" must be an object, not a list.'],
  ])('%s', (_, value, sentence) => {
    expect(refusal(TrainingRequest, value).message).toBe(sentence);
  });

  it('of a field that is not there, and of an empty list', () => {
    expect(refusal(KeyRequest, { scopes: ['infer'], heads: 'x' }).message).toBe(
      '"body" has no field "heads".',
    );
    expect(refusal(KeyRequest, { scopes: [] }).message).toBe('"scopes" must have at least 1 item.');
  });

  it('of a number that the query does not hold', () => {
    expect(refusal(z.object({ topK: z.coerce.number() }), { topK: 'x' }).message).toBe(
      '"topK" must be a number.',
    );
  });

  it("in the schema's own words where it has some, with type and field for a program", () => {
    const error = refusal(TrainingRequest, { dataset: 'a/b' });
    expect(error).toMatchObject({ type: 'invalid-name', facts: { field: 'dataset' } });
    expect(error.message).toMatch(/^"dataset": a name has/);
    expect(refusal(KeyRequest, { scopes: ['infer', 'x'] })).toMatchObject({
      type: 'bad-request',
      facts: { field: 'scopes.1' },
    });
  });
});
