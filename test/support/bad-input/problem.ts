// The promise that every refusal keeps, whatever was sent.

import { expect } from 'vitest';
import { problems } from '../../../lib/errors/index.ts';
import type { RawAnswer } from '../raw-http.ts';

/** A problem of this status and published type, in whole sentences, with nothing from inside. */
export function checkProblem(answer: RawAnswer, status: number, type: string, what = ''): void {
  const text = `${answer.body}`;
  const about = `${what} → ${answer.status} ${text}`;
  expect(Object.keys(problems)).toContain(type);
  expect(answer.headers['content-type'], about).toBe('application/problem+json');
  const problem = JSON.parse(text);
  expect(problem, about).toMatchObject({ type: `/problems/${type}`, status });
  expect(answer.status, about).toBe(status);
  expect(problem.title).toMatch(/^[A-Z]/);
  expect(problem.detail).toMatch(/^["A-Z].{10,}\.$/s);
  expect(text).not.toMatch(/\.ts\b|\bat \S+:\d|node_modules|TypeError|undefined is not|\[object /);
}
