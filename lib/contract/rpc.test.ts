import { expect, it } from 'vitest';
import { HeadwaterError } from '../errors/index.ts';
import { result, unwrap } from './index.ts';

it('a Result carries a value through a structured clone', async () => {
  const answer = await result(
    async () => ({ labels: JSON.parse('{"__proto__":2}') }),
    () => {},
  );
  expect(JSON.stringify(unwrap(structuredClone(answer)))).toBe('{"labels":{"__proto__":2}}');
});

it('a Result carries type, status, words and facts of an error, and reports nothing', async () => {
  const error = new HeadwaterError('conflict', 'Take another name.', { name: 'ants' });
  const reported: unknown[] = [];
  const answer = structuredClone(
    await result(
      () => Promise.reject(error),
      (e) => reported.push(e),
    ),
  );
  expect(() => unwrap(answer)).toThrow(expect.objectContaining({ ...error, message: error.message }));
  expect(reported).toEqual([]);
});

it('a Result hides what is not ours, and reports it where it happened', async () => {
  const error = new TypeError('secret');
  const reported: unknown[] = [];
  const answer = await result(
    async () => {
      throw error;
    },
    (e) => reported.push(e),
  );
  expect(JSON.stringify(answer)).not.toContain('secret');
  expect(() => unwrap(answer)).toThrow(expect.objectContaining({ type: 'internal', status: 500 }));
  expect(reported).toEqual([error]);
});
