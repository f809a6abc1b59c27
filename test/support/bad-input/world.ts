// The instance that bad input is sent to, with two labels taught and a head trained on them.

import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { inParallel } from '../../../scripts/demo/in-parallel.ts';
import { type Instance, useInstance } from '../instance.ts';
import { type RawAnswer, type RawRequest, send } from '../raw-http.ts';
import { digits, teachAll, train } from '../steps.ts';
import { checkProblem } from './problem.ts';
import { good } from './routes.ts';

export type ProblemRow = [request: RawRequest, status: number, type: string];

export interface BadInputWorld {
  hw: Instance;
  /** The Authorization header of a key that may do everything. */
  authorization(): string;
  ask(request: RawRequest): Promise<RawAnswer>;
  /** A describe block, after which the next good request is answered. */
  group(name: string, tests: () => void): void;
  /** The promise itself. */
  expectProblem(request: RawRequest, status: number, type: string): Promise<void>;
  /** The same for many, several at a time. */
  expectProblems(rows: ProblemRow[]): Promise<void>;
}

/** Several thousand requests go faster over connections that stay; one that idles is closed before the server does. */
const agent = new Agent({ keepAlive: true, timeout: 1000 });
/** Requests under way at once. */
const clients = 6;

export function useBadInput(): BadInputWorld {
  const hw = useInstance();
  const authorization = () => `Bearer ${hw.stack.keys.apiKey}`;
  const ask = (request: RawRequest) =>
    send(
      hw.stack.url,
      { ...request, headers: { authorization: authorization(), ...request.headers } },
      agent,
    );

  beforeAll(async () => {
    await teachAll(hw.api, 'two', digits(['0', '1'], 0, 4));
    await teachAll(hw.api, 'one', digits(['0'], 0, 2));
    expect(await train(hw.api, 'digits', 'two')).toMatchObject({ status: 'succeeded' });
  });
  async function expectProblem(...[request, status, type]: ProblemRow): Promise<void> {
    const answer = await ask(request);
    checkProblem(answer, status, type, `${request.method} ${request.path.slice(0, 200)}`);
    expect(answer.headers['set-cookie']).toBeUndefined();
  }

  return {
    hw,
    authorization,
    ask,
    group: (name, tests) =>
      describe(name, () => {
        tests();
        afterAll(async () => {
          const { status } = await ask({ method: 'POST', path: '/v1/heads/digits/classify', body: good });
          expect(status, 'the next good request').toBe(200);
        });
      }),
    expectProblem,
    expectProblems: async (rows) => {
      await inParallel(rows, clients, (row) => expectProblem(...row));
    },
  };
}
