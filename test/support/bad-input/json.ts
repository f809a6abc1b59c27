// Bodies that are not the JSON that a route asks for, as tables.

import { good } from './routes.ts';

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
  ['UTF-16', Buffer.from('\ufeff{"dataset":"two"}', 'utf16le')],
  ['a lone quote', '{"dataset":"tw'],
  ['a number with a hole', '{"version":01}'],
  ['what JavaScript would take', '{dataset:"two",}'],
  ['a form', 'dataset=two&version=1'],
  ['XML', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'],
  ['NaN', '{"version":NaN}'],
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
export const badTrainings: [string, object | string | Uint8Array, number, string][] = [
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
  ['10,000 arrays that nobody asked for', `{"dataset":"one","x":${deep('[', ']')}}`, 409, 'too-few-examples'],
  ['a list as dataset', { dataset: ['two'] }, 400, 'bad-request'],
  ['a dataset of lone surrogates', '{"dataset":"\\ud800"}', 400, 'invalid-name'],
  ['a dataset that is no UTF-8', Buffer.from('{"dataset":"\xff\xfe"}', 'latin1'), 400, 'invalid-name'],
  ['a byte order mark, and one label', '\ufeff{"dataset":"one"}', 409, 'too-few-examples'],
  ['class weights of no kind', { ...two, classWeights: { a: 1 } }, 400, 'bad-request'],
  ['a strength of nothing', { ...two, strength: 0 }, 400, 'bad-request'],
  ['a strength of 1e999', '{"dataset":"two","strength":1e999}', 400, 'bad-request'],
  ['a warm start of words', { ...two, warmStart: 'yes' }, 400, 'bad-request'],
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

const infer = { scopes: ['infer'] };

/** Requests for an API key. */
export const badKeys: [string, object | string, number, string][] = [
  ['nothing', {}, 400, 'bad-request'],
  ['no scope', { scopes: [] }, 400, 'bad-request'],
  ['an unknown scope', { scopes: ['root'] }, 400, 'bad-request'],
  ['a scope that is no list', { scopes: 'infer' }, 400, 'bad-request'],
  ['10,000 scopes', { scopes: Array(5000).fill('infer') }, 400, 'bad-request'],
  ['a field that is none', { ...infer, heads: 'digits' }, 400, 'bad-request'],
  ['its own id', { ...infer, id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, 400, 'bad-request'],
  ['a head and a dataset', { ...infer, head: 'a', dataset: 'b' }, 400, 'bad-request'],
  ['a head that is no name', { ...infer, head: '../a' }, 400, 'invalid-name'],
  ['a name of 65 characters', { ...infer, name: 'x'.repeat(65) }, 400, 'invalid-name'],
  ['a life of no time', { ...infer, ttl: 0 }, 400, 'bad-request'],
  ['a life of 1e300 seconds', { ...infer, ttl: 1e300 }, 400, 'bad-request'],
  ['an end on no day', { ...infer, expires: '2031-02-30T00:00:00Z' }, 400, 'bad-request'],
  ['an end in the year 1e9', { ...infer, expires: '1000000000-01-01T00:00:00Z' }, 400, 'bad-request'],
  ['two ends', { ...infer, ttl: 60, expires: '2031-01-01T00:00:00Z' }, 400, 'bad-request'],
];

const phone = { scope: 'infer' };

/** Requests for a token. */
export const badTokens: [string, object | string, number, string][] = [
  ['nothing', {}, 400, 'bad-request'],
  ['a scope that no token has', { scope: 'admin' }, 400, 'bad-request'],
  ['a life of more than an hour', { ...phone, ttl: 3601 }, 400, 'bad-request'],
  ['a negative life', { ...phone, ttl: -1 }, 400, 'bad-request'],
  ['a field that is none', { ...phone, origin: 'https://a.example' }, 400, 'bad-request'],
  ['any origin', { ...phone, origins: ['*'] }, 400, 'bad-request'],
  ['an origin with a path', { ...phone, origins: ['https://a.example/x'] }, 400, 'bad-request'],
  ['an origin with a header in it', { ...phone, origins: ['https://a.example\r\nx: y'] }, 400, 'bad-request'],
  ['no origins', { ...phone, origins: [] }, 400, 'bad-request'],
  ['eleven origins', { ...phone, origins: Array(11).fill('https://a.example') }, 400, 'bad-request'],
  ['a head to teach', { scope: 'teach', head: 'digits' }, 400, 'bad-request'],
  ['a dataset that is no name', { ...phone, dataset: 'a/b' }, 400, 'invalid-name'],
];

/** Requests for a collection of garbage. */
export const badGarbage: [string, object | string, number, string][] = [
  ['a period of no time', { graceSeconds: 0 }, 400, 'bad-request'],
  ['a field that is none', { dryrun: true }, 400, 'bad-request'],
  ['words where a yes or no belongs', { dryRun: 'no' }, 400, 'bad-request'],
];
