// The promise that every refusal keeps, whatever was sent.

import { expect } from 'vitest';
import type { RawAnswer } from '../raw-http.ts';

/** A problem of this status and type, in whole sentences, with nothing from inside. */
export function checkProblem(answer: RawAnswer, status: number, type: string): void {
  const text = answer.body.toString();
  expect(answer.headers['content-type'], text).toBe('application/problem+json');
  const problem = JSON.parse(text);
  expect(problem).toMatchObject({ type: `/problems/${type}`, status });
  expect(answer.status).toBe(status);
  expect(problem.title).toMatch(/^[A-Z]/);
  expect(problem.detail).toMatch(/^["A-Z].{10,}\.$/s);
  expect(text).not.toMatch(/\.ts\b|\bat \S+:\d|node_modules|TypeError|undefined is not|\[object /);
}
