// What a schema finds wrong with a field, in words for whoever made the request.

import type { ZodError } from 'zod';

type Issue = ZodError['issues'][number];

const kinds: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const kind = (name: string) => kinds[name] ?? name;

/**
 * The end of a sentence that begins with the field's name, as `is missing`; null for what has words of its own in the
 * schema.
 */
export function wordsOf(issue: Issue): string | null {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, issue.message);
    case 'invalid_value': {
      const values = issue.values.map((value) => JSON.stringify(value)).join(', ');
      return issue.values.length === 1 ? `must be ${values}` : `must be one of ${values}`;
    }
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'unrecognized_keys':
      return `has no field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    default:
      return null;
  }
}

/** Zod keeps what it received to itself, but for the end of its message. */
function wrongType(expected: string, message: string): string {
  const received = /received (\w+)$/.exec(message)?.[1];
  if (received === 'undefined') return 'is missing';
  const isSaid = received === undefined || received === 'NaN' || expected === 'int';
  return `must be ${kind(expected)}${isSaid ? '' : `, not ${kind(received)}`}`;
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  const amount = `${relation} ${limit}`;
  const plural = limit === 1 ? '' : 's';
  if (origin === 'string') return `must have ${amount} character${plural}`;
  if (origin === 'array') return `must have ${amount} item${plural}`;
  return `must be ${amount}`;
}
