import { expect, it } from 'vitest';
import { prefers } from './accept.ts';

const [rows, json] = ['application/octet-stream', 'application/json'];

it.each([
  [undefined, json],
  ['', json],
  ['*/*', json],
  ['application/*', json],
  ['application/json, text/plain, */*', json],
  ['text/html', json],
  ['application/octet-stream', rows],
  ['Application/Octet-Stream', rows],
  ['application/octet-stream, */*', rows],
  ['application/json, application/octet-stream', rows],
  ['application/octet-stream;q=0', json],
  ['application/octet-stream;q=0, */*', json],
  ['application/octet-stream;q=0.5, application/json', json],
  ['application/octet-stream; q=0.5, application/json;q=0.4', rows],
  ['application/json;q=0, */*', rows],
  ['application/octet-stream;q=nonsense', rows],
])('Accept: %s asks for %s', (accept, expected) => {
  expect(prefers(accept, rows, json) ? rows : json).toBe(expected);
});
