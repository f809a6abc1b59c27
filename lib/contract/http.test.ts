import { describe, expect, it } from 'vitest';
import { PromoteRequest, RollbackRequest, TeachQuery, TrainingRequest } from './index.ts';

describe('a request for a training', () => {
  it('needs a dataset and nothing else', () => {
    expect(TrainingRequest.parse({ dataset: 'ds' })).toEqual({ dataset: 'ds' });
  });

  it('has its names normalised', () => {
    expect(TrainingRequest.parse({ dataset: 'a\u0308', backbone: 'o\u0308' })).toMatchObject({
      dataset: 'ä',
      backbone: 'ö',
    });
  });

  it.each([
    {},
    { dataset: '..' },
    { dataset: 'ds', strategy: 'magic' },
    { dataset: 'ds', kind: 'tree' },
    { dataset: 'ds', seed: -1 },
    { dataset: 'ds', seed: 0.5 },
    { dataset: 'ds', seed: 2 ** 32 },
    { dataset: 'ds', tap: '' },
    { dataset: 'ds', tap: 'x'.repeat(201) },
    { dataset: 'ds', backbone: 'a/b' },
    null,
    'ds',
  ])('is refused: %j', (request) => {
    expect(TrainingRequest.safeParse(request).success).toBe(false);
  });
});

it('a promotion goes to `stable` and names a version that can be', () => {
  expect(PromoteRequest.parse({ version: 2 })).toEqual({ version: 2, channel: 'stable' });
  for (const version of [0, -1, 1.5, '2', null, undefined])
    expect(PromoteRequest.safeParse({ version }).success, `${version}`).toBe(false);
});

it('a rollback may leave everything out', () => {
  expect(RollbackRequest.parse({})).toEqual({});
  expect(RollbackRequest.safeParse({ reason: 'x'.repeat(501) }).success).toBe(false);
  expect(RollbackRequest.safeParse({ version: 0 }).success).toBe(false);
});

it('an upload may leave group and subject out, and has them normalised', () => {
  expect(TeachQuery.parse({})).toEqual({});
  expect(TeachQuery.parse({ group: 'a\u0308', subject: 'x' })).toEqual({ group: 'ä', subject: 'x' });
});
