import { describe, expect, it } from 'vitest';
import {
  type ErrorData,
  fromErrorData,
  HeadwaterError,
  type ProblemType,
  problems,
  toErrorData,
} from './index.ts';

const types = Object.keys(problems) as ProblemType[];

describe('HeadwaterError', () => {
  it('has a status of a failed request for every type', () => {
    for (const type of types) {
      expect(new HeadwaterError(type, 'x').status).toBe(problems[type]);
      expect(problems[type]).toBeGreaterThanOrEqual(400);
      expect(problems[type]).toBeLessThan(600);
    }
  });

  it('keeps its cause', () => {
    const cause = new Error('disk');
    expect(new HeadwaterError('internal', 'x', {}, { cause }).cause).toBe(cause);
  });
});

describe('errors as data', () => {
  it.each(types)('cross a boundary as JSON unchanged: %s', (type) => {
    const error = new HeadwaterError(type, 'Do this next.', { limit: 3, names: ['a', 'b'] });
    const back = fromErrorData(JSON.parse(JSON.stringify(toErrorData(error))));
    expect(back).toBeInstanceOf(HeadwaterError);
    expect({ ...back }).toEqual({ ...error });
    expect(back.message).toBe(error.message);
  });

  it.each([new Error('password is 1234'), 'password is 1234', null, undefined, { type: 'conflict' }])(
    'say nothing of what is not ours: %s',
    (thrown) => {
      const data = toErrorData(thrown);
      expect(data.type).toBe('internal');
      expect(JSON.stringify(data)).not.toContain('1234');
    },
  );

  it.each(['no-such-type', 'toString', 'constructor', '__proto__', ''])(
    'become `internal`, with a status, when their type is unknown: %j',
    (type) => {
      const error = fromErrorData({ type, detail: 'x' } as unknown as ErrorData);
      expect(error.type).toBe('internal');
      expect(error.status).toBe(500);
    },
  );
});
