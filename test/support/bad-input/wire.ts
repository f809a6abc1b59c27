// What stands on the wire between a client and a route, as tables: requests that no HTTP library would send.

import { jpeg } from './images.ts';
import { good } from './routes.ts';

/** Pieces of a request; between two of them lies a pause. `KEY` stands for a good Authorization header. */
export type Exchange = (string | Uint8Array)[];

export const post = (path: string, ...headers: string[]) =>
  `POST ${path} HTTP/1.1\r\nHost: headwater\r\nConnection: close\r\nKEY\r\n${headers.join('\r\n')}\r\n\r\n`;
const get = (target: string, ...headers: string[]) =>
  `GET ${target} HTTP/1.1\r\n${['Host: headwater', 'Connection: close', 'KEY', ...headers].join('\r\n')}\r\n\r\n`;

export const chunkOf = (data: Uint8Array) =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
const chunked = 'Transfer-Encoding: chunked';
const last = '0\r\n\r\n';
const mebi = 1 << 20;
const many = (data: Uint8Array, times: number) => Buffer.concat(Array<Uint8Array>(times).fill(chunkOf(data)));

/** A name, the request, and the answer's status and type. */
export const bodies: [string, Exchange, number, string][] = [
  ['no body and no length', [post('/v1/codes')], 422, 'invalid-image'],
  ['a body of no bytes', [post('/v1/codes', 'Content-Length: 0')], 422, 'invalid-image'],
  ['chunks of no bytes', [post('/v1/codes', chunked), last], 422, 'invalid-image'],
  ['no JSON and no length', [post('/v1/heads/digits/promote')], 400, 'bad-request'],
  [
    '17 MiB declared',
    [post('/v1/codes', `Content-Length: ${17 * mebi}`), new Uint8Array(17 * mebi)],
    413,
    'body-too-large',
  ],
  [
    '17 MiB in chunks',
    [post('/v1/codes', chunked), many(new Uint8Array(mebi), 17), last],
    413,
    'body-too-large',
  ],
  [
    '17 MiB to a route without a body',
    [post('/v1/datasets/none/rebuild', chunked), many(new Uint8Array(mebi), 17), last],
    404,
    'not-found',
  ],
  [
    '10 MB of JSON declared',
    [post('/v1/heads/digits/promote', 'Content-Length: 10000000'), Buffer.alloc(1e7, '[')],
    413,
    'body-too-large',
  ],
  [
    '10 MB of JSON in chunks',
    [post('/v1/heads/digits/promote', chunked), many(Buffer.alloc(1e5, '['), 100), last],
    413,
    'body-too-large',
  ],
  ['a length that is too short', [post('/v1/codes', 'Content-Length: 9'), jpeg], 422, 'invalid-image'],
  [
    '6,000 chunks of one byte',
    [post('/v1/heads/digits/promote', chunked), many(Buffer.from('['), 6000), last],
    400,
    'invalid-json',
  ],
  [
    'a refused image that dribbles in',
    [
      post('/v1/codes', chunked),
      ...[...jpeg.subarray(0, 12)].map((byte) => chunkOf(Uint8Array.of(byte))),
      last,
    ],
    422,
    'invalid-image',
  ],
  [
    'JSON that dribbles in',
    [
      post('/v1/heads/digits/promote', chunked),
      ...[...'{"version"'].map((byte) => chunkOf(Buffer.from(byte))),
      last,
    ],
    400,
    'invalid-json',
  ],
];

/** Requests that are odd and good. */
export const odd: [string, Exchange, number][] = [
  [
    'an image that dribbles in',
    [
      post('/v1/codes', chunked),
      ...[0, 9, 18, 40, 70].map((at, i, all) => chunkOf(good.subarray(at, all[i + 1]))),
      last,
    ],
    200,
  ],
  [
    'Expect: 100-continue',
    [post('/v1/codes', `Content-Length: ${good.length}`, 'Expect: 100-continue'), good],
    200,
  ],
  ['a target with a host', [get('http://elsewhere.example/v1/backbones')], 200],
  ['a query of 4,000 parameters', [get(`/v1/heads?${'a=b&'.repeat(4000)}`)], 200],
];

/** What the routes refuse. */
export const refused: [string, Exchange, number, string][] = [
  [
    'an image that was promised with Expect and is none',
    [post('/v1/codes', 'Content-Length: 4', 'Expect: 100-continue'), 'text'],
    415,
    'unsupported-image',
  ],
  ['a target with a host and nothing there', [get('http://elsewhere.example/nope')], 404, 'not-found'],
  [
    'two Authorization headers, the first of them good',
    [get('/v1/backbones', 'Authorization: Bearer x')],
    401,
    'unauthorized',
  ],
  [
    'an Authorization header in two lines of another',
    [get('/v1/nope', 'X-Forwarded-Host: a', 'X-Original-URL: /v1/backbones')],
    404,
    'not-found',
  ],
  [
    'another method in a header',
    [get('/v1/codes', 'X-HTTP-Method-Override: POST')],
    405,
    'method-not-allowed',
  ],
  ['the tag of everything on nothing', [get('/v1/heads/none', 'If-None-Match: *')], 404, 'not-found'],
];

/** What never reaches a route: whoever parses HTTP in front of it refuses, in its own words. Never 5xx, never silence. */
export const unparsable: [string, Exchange][] = [
  ['a length below zero', [post('/v1/codes', 'Content-Length: -1')]],
  ['a length that is no number', [post('/v1/codes', 'Content-Length: ten')]],
  ['two lengths', [post('/v1/codes', 'Content-Length: 4', 'Content-Length: 5'), 'text']],
  ['an encoding that nobody knows', [post('/v1/codes', 'Transfer-Encoding: nonsense'), 'text']],
  ['a header without a colon', [get('/v1/backbones', 'nonsense')]],
  ['a NUL in a header', [get('/v1/backbones', 'X: a\0b')]],
  ['a megabyte of headers', [get('/v1/backbones', `X: ${'x'.repeat(1e6)}`)]],
  ['20,000 headers', [get('/v1/backbones', ...Array<string>(20_000).fill('X: y'))]],
  ['no version of HTTP', ['GET /v1/backbones\r\n\r\n']],
  ['another protocol', ['\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n']],
];

/** Bodies that turn out wrong when the request is under way: the connection is lost to whoever reads it. */
export const brokenOff: [string, Exchange][] = [
  ['a chunk of no size', [post('/v1/codes', chunked), 'zz\r\ntext\r\n', last]],
  ['a chunk of 2^64', [post('/v1/codes', chunked), '10000000000000000\r\n', 'text']],
  ['a length that is too long, and an end', [post('/v1/codes', 'Content-Length: 1000'), 'text']],
  ['chunks that break off', [post('/v1/codes', chunked), '4\r\nte']],
];
