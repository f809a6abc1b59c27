// What no parameter takes, by the parameter's name: as it stands in a path or a query, with the answer's status and
// type.

import { ulid } from './routes.ts';

export type Bad = [value: string, status: number, type: string];

const all = (values: string[], status: number, type: string) =>
  values.map((value): Bad => [value, status, type]);

const base64url = (text: string) => Buffer.from(text).toString('base64url');

/** No names, whatever they are to name. */
export const badNames = [
  ...['a%2Fb', 'a%5Cb', 'a%00b', 'a%0Ab', 'a%0D%0ASet-Cookie:%20x=1', '%20a', 'a%20', 'a%3Ab', 'a%2B'],
  ...['..%2F..%2Fx', '%2e%2e%2fx', '..%5C..', '%252e%252e', '%F0%9F%90%9C', 'a%E2%80%8Db', '%C2%AD'],
  // Half a surrogate, no UTF-8 at all, and overlong forms of a slash and a dot.
  ...['%ED%A0%80', '%FF', '%C0%AF', '%E0%80%AF', '%C0%AE%C0%AE', '%', '%zz', '%u0061'],
  ...['x'.repeat(65), '%C3%A9'.repeat(65), 'a'.repeat(3000)],
];

const tooMany = `${'_'.repeat(8)}.${ulid}`;

/** By parameter of a path. `type` is asked for with anything: what isn't there is 404. */
export const badInPath: Record<string, Bad[]> = {
  ds: all(badNames, 400, 'invalid-name'),
  label: all(badNames, 400, 'invalid-name'),
  head: all(badNames, 400, 'invalid-name'),
  digest: all(
    [
      'abc',
      'A'.repeat(64),
      '0'.repeat(63),
      '0'.repeat(65),
      `${'0'.repeat(63)}g`,
      '0'.repeat(64).concat('%0A'),
      '%00',
    ],
    400,
    'invalid-name',
  ),
  version: all(
    ['0', '-1', '1.5', 'x', '1e0', '0x1', '%201', '+1', '%00', 'Infinity', '9'.repeat(16), '9'.repeat(400)],
    400,
    'invalid-name',
  ),
  type: all(['none', '__proto__', 'constructor', '%00', 'internal%2F..', 'x'.repeat(3000)], 404, 'not-found'),
};

/** Ids of no training: they name nothing. */
export const badTrainingIds = all(
  [
    ...['x', 'x.y', '%00', `two.${ulid}`, `${base64url('two')}.${ulid}`, `${base64url('none')}.${ulid}`],
    ...[`${base64url('..')}.${ulid}`, `${base64url('two')}=.${ulid}`, `${base64url('two')}.${ulid}.x`],
    ...[`${base64url('cafe\u0301')}.${ulid}`, `${base64url('two')}.${ulid.toLowerCase()}`, tooMany],
    ...['%2e%2e%2f', '-1', '%FF', 'x'.repeat(3000)],
  ],
  404,
  'not-found',
);

export const badKeyIds: Bad[] = [
  ...all(
    ['x', '-1', '%00', ulid.toLowerCase(), `${ulid}0`, `8${ulid.slice(1)}`, `${ulid}%0A`, 'x'.repeat(3000)],
    400,
    'invalid-name',
  ),
  [ulid, 404, 'not-found'],
];

/** A plus means a space in a query, and what cannot be decoded stays as it is. */
const namesInQuery: Bad[] = [
  ...all([...badNames, '', '.', '..'], 400, 'invalid-name'),
  ['a&NAME=b', 400, 'bad-request'],
];
const cursors = all(
  [
    ...['x', '', '%00', '-1', '1', 'W10', 'bnVsbA', '!!!!', 'x'.repeat(1025), 'x'.repeat(6000)],
    ...[
      '["nothing","a"]',
      '["heads",{}]',
      '["datasets","../x"]',
      '["trainings",["a"]]',
      '{"__proto__":1}',
    ].map(base64url),
    // A cursor, but not in the form in which it was given.
    ...['[ "heads", "a"]', '["datasets","cafe\u0301"]', `["keys","${ulid}"] `].map(base64url),
  ],
  400,
  'bad-request',
);
const tags = all(
  ['', '%00', '%0A', 'x'.repeat(65), '%F0%9F%90%9C'.repeat(65), 'a&NAME=b'],
  400,
  'bad-request',
);

/** By parameter of a query. `NAME` in a value stands for the parameter itself, to give it twice. */
export const badInQuery: Record<string, Bad[]> = {
  dataset: namesInQuery,
  head: namesInQuery,
  label: namesInQuery,
  cursor: [...cursors, ['W10&NAME=W10', 400, 'bad-request']],
  limit: all(
    ['0', '-1', '1.5', 'x', '', '1001', '1e9', 'NaN', 'Infinity', '1&NAME=2', '%00', '9'.repeat(400)],
    400,
    'bad-request',
  ),
  group: tags,
  subject: tags,
  topK: all(
    ['0', '-1', '01', '1.5', 'NaN', '', '1e3', '%201', '9'.repeat(16), '1&NAME=1'],
    400,
    'bad-request',
  ),
  minVersion: [
    ...all(['x', '-1', '', '1.5', '1e0', '1,x', '%00', '9'.repeat(16), '1&NAME=1'], 400, 'bad-request'),
    ['999', 409, 'version-not-live'],
  ],
  heads: [
    ...namesInQuery,
    ...all(['digits,', ',digits', 'digits,..', 'digits,a%2Fb'], 400, 'invalid-name'),
    ...all(['digits,digits', 'a,b,c,d,e,f,g,h,i', 'digits&NAME=digits'], 400, 'bad-request'),
    ['none', 404, 'not-found'],
  ],
  backbone: [...namesInQuery, ...all(['none', '__proto__', 'constructor'], 404, 'unknown-backbone')],
  tap: [
    ...all(['', 'x'.repeat(201), 'final&NAME=final'], 400, 'bad-request'),
    ...all(['none', '__proto__', 'constructor', '%00', '..%2F', 'FINAL'], 400, 'unknown-tap'),
  ],
};
