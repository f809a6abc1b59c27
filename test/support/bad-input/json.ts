// Bodies that are not the JSON that a route asks for, as tables.

import { good } from './requests.ts';

const deep = (open: string, close = '') => open.repeat(10_000) + close.repeat(10_000);

/** Bodies that are no JSON, each with its name. */
export const malformed: [string, string | Uint8Array][] = [
  ['half an object', '{'],
  ['trailing words', '{} and more'],
  ['a comment', '{/* */}'],
  ['broken UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ['arrays without end', deep('[')],
  ['objects without end', deep('{"a":')],
  ['an image', good],
];

/** JSON that is no object. */
export const notObjects: [string, string][] = [
  ['10,000 arrays', deep('[', ']')],
  ['null', 'null'],
  ['a string', '"two"'],
  ['a number', '1e999'],
  ['a list', '[{}]'],
];

const two = { dataset: 'two' };

/** Requests for a training, and the status and type of the answer. */
export const badTrainings: [string, object | string, number, string][] = [
  ['nothing', '', 400, 'bad-request'],
  ['no dataset', {}, 400, 'bad-request'],
  ['a number as dataset', { dataset: 1 }, 400, 'bad-request'],
  ['a dataset in the prototype', '{"__proto__":{"dataset":"two"}}', 400, 'bad-request'],
  ['an unknown strategy', { ...two, strategy: 'magic' }, 400, 'bad-request'],
  ['an unknown kind', { ...two, kind: 'forest' }, 400, 'bad-request'],
  ['an unknown backbone', { ...two, backbone: 'none' }, 404, 'unknown-backbone'],
  ['an unknown tap', { ...two, tap: 'none' }, 400, 'unknown-tap'],
  ['a tap of the prototype', { ...two, tap: 'constructor' }, 400, 'unknown-tap'],
  ['a tap of 10,000 characters', { ...two, tap: 'x'.repeat(10_000) }, 400, 'bad-request'],
  ['a negative seed', { ...two, seed: -1 }, 400, 'bad-request'],
  ['half a seed', { ...two, seed: 0.5 }, 400, 'bad-request'],
  ['a seed of 2^32', { ...two, seed: 2 ** 32 }, 400, 'bad-request'],
  ['an infinite seed', '{"dataset":"two","seed":1e999}', 400, 'bad-request'],
  ['an empty dataset', { dataset: 'empty' }, 409, 'too-few-examples'],
  ['a dataset of one label', { dataset: 'one' }, 409, 'too-few-examples'],
  ['the last of two datasets', '{"dataset":"two","dataset":"empty"}', 409, 'too-few-examples'],
];

/** Versions that cannot be promoted or rolled back to, and the status and type of the answer. */
export const badVersions: [string, unknown, number, string][] = [
  ['zero', 0, 400, 'bad-request'],
  ['a negative one', -1, 400, 'bad-request'],
  ['half a one', 1.5, 400, 'bad-request'],
  ['text', '1', 400, 'bad-request'],
  ['1e300', 1e300, 400, 'bad-request'],
  ['more than a double holds', 2 ** 53, 400, 'bad-request'],
  ['a list', [1], 400, 'bad-request'],
  ['one that is not published', 99, 404, 'not-found'],
];
