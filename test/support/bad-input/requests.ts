// Requests that no route should take, as tables: keys, names, paths and bodies that never come.

import type { RawRequest } from '../raw-http.ts';
import { digits } from '../steps.ts';

/** An image that every route takes. */
export const good = digits(['0'], 500, 1)[0]!.png;
/** A digest of nothing that was ever uploaded. */
const nothing = '0'.repeat(64);
const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const base64url = (text: string) => Buffer.from(text).toString('base64url');

/** Every route with a key, with parameters that exist. */
export const routes: RawRequest[] = [
  { method: 'PUT', path: '/v1/datasets/two/examples/0', body: good },
  { method: 'GET', path: '/v1/datasets/two' },
  { method: 'POST', path: '/v1/datasets/two/rebuild' },
  { method: 'GET', path: `/v1/datasets/two/examples/0/${nothing}` },
  { method: 'DELETE', path: `/v1/datasets/two/examples/0/${nothing}` },
  { method: 'POST', path: '/v1/heads/digits/trainings', body: '{"dataset":"two"}' },
  { method: 'GET', path: `/v1/trainings/${base64url('two')}.${ulid}` },
  { method: 'POST', path: `/v1/trainings/${base64url('two')}.${ulid}/cancel` },
  { method: 'GET', path: '/v1/heads/digits' },
  { method: 'GET', path: '/v1/heads/digits/versions' },
  { method: 'POST', path: '/v1/heads/digits/promote', body: '{"version":1}' },
  { method: 'POST', path: '/v1/heads/digits/rollback', body: '{}' },
  { method: 'POST', path: '/v1/heads/digits/classify', body: good },
  { method: 'POST', path: '/v1/codes', body: good },
  { method: 'GET', path: '/v1/backbones' },
];

/** A request in a line. */
export const call = ({ method, path }: RawRequest) => `${method} ${path.slice(0, 60)}`;

/** Authorization headers that open nothing, each with its name. */
export const wrongKeys: [string, string | undefined][] = [
  ['no key', undefined],
  ['a wrong key', 'Bearer nonsense'],
  ['Basic', 'Basic YTpi'],
  ['a bare word', 'Bearer'],
  ['two keys', 'Bearer a b'],
  ['8 KB of key', `Bearer ${'x'.repeat(8000)}`],
];

/** What is no name of a dataset, label, head or backbone, as it stands in a path. */
export const badNames = [
  ...['a%2Fb', 'a%5Cb', 'a%00b', 'a%0Ab', '%20a', 'a%20', 'a+b', 'a%3Ab', '%F0%9F%90%9C'],
  ...['%ED%A0%80', '%FF', '%', '%zz', '%C2%AD', 'a%E2%80%8Db', `${'x'.repeat(65)}`, '%C3%A9'.repeat(65)],
];

/** Every place of a path that takes a name. */
export const places = (name: string): RawRequest[] => [
  { method: 'PUT', path: `/v1/datasets/${name}/examples/a`, body: good },
  { method: 'PUT', path: `/v1/datasets/ds/examples/${name}`, body: good },
  { method: 'GET', path: `/v1/datasets/${name}` },
  { method: 'POST', path: `/v1/datasets/${name}/rebuild` },
  { method: 'GET', path: `/v1/datasets/ds/examples/${name}/${nothing}` },
  { method: 'DELETE', path: `/v1/datasets/${name}/examples/a/${nothing}` },
  { method: 'POST', path: `/v1/heads/${name}/trainings`, body: '{"dataset":"two"}' },
  { method: 'GET', path: `/v1/heads/${name}` },
  { method: 'GET', path: `/v1/heads/${name}/versions` },
  { method: 'POST', path: `/v1/heads/${name}/promote`, body: '{"version":1}' },
  { method: 'POST', path: `/v1/heads/${name}/rollback`, body: '{}' },
  { method: 'POST', path: `/v1/heads/${name}/classify`, body: good },
  { method: 'POST', path: `/v1/codes?backbone=${name === 'a+b' ? 'a%2Bb' : name}`, body: good },
];

/** Sound requests for what is not there, or almost sound ones: the status and type of the answer. */
export const absent: [RawRequest, number, string][] = [
  [{ method: 'GET', path: '/v1/datasets/none' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/heads/none' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/heads/none/versions' }, 404, 'not-found'],
  [{ method: 'POST', path: '/v1/heads/none/classify', body: good }, 404, 'not-found'],
  [{ method: 'GET', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'DELETE', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'GET', path: `/v1/datasets/none/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/datasets/two/examples/0/abc' }, 400, 'invalid-name'],
  [{ method: 'DELETE', path: `/v1/datasets/two/examples/0/${'A'.repeat(64)}` }, 400, 'invalid-name'],
  [{ method: 'POST', path: '/v1/codes?backbone=none', body: good }, 404, 'unknown-backbone'],
  [{ method: 'POST', path: '/v1/codes?backbone=__proto__', body: good }, 404, 'unknown-backbone'],
  [{ method: 'POST', path: '/v1/codes?tap=none', body: good }, 400, 'unknown-tap'],
  [{ method: 'POST', path: '/v1/codes?tap=__proto__', body: good }, 400, 'unknown-tap'],
  [{ method: 'POST', path: '/v1/codes?tap=', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/codes?tap=final&tap=final', body: good }, 400, 'bad-request'],
  [{ method: 'PUT', path: '/v1/datasets/two/examples/0?group=%00', body: good }, 400, 'bad-request'],
  [{ method: 'PUT', path: '/v1/datasets/two/examples/0?subject=', body: good }, 400, 'bad-request'],
  [{ method: 'GET', path: '/problems/none' }, 404, 'not-found'],
  [{ method: 'GET', path: '/problems/__proto__' }, 404, 'not-found'],
  [{ method: 'GET', path: '/' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1' }, 404, 'not-found'],
  [{ method: 'GET', path: '//v1/backbones' }, 404, 'not-found'],
  [{ method: 'POST', path: '/v2/codes', body: new Uint8Array(1e6) }, 404, 'not-found'],
];

/** Ids of no training. */
export const noTrainings = [
  'x',
  'x.y',
  '%00',
  `two.${ulid}`,
  `${base64url('two')}.${ulid}`,
  `${base64url('none')}.${ulid}`,
  `${base64url('..')}.${ulid}`,
  `${base64url('two')}=.${ulid}`,
  `${base64url('two')}.${ulid}.x`,
  `${base64url('cafe\u0301')}.${ulid}`,
  `${'_'.repeat(8)}.${ulid}`,
  'x'.repeat(3000),
];

/** Bodies that are promised and never sent, and what the answer is all the same. They take 20 s: have
 *  them under way while all else is asked. */
export const stalling = [
  ['GET /v1/datasets/two', 200],
  ['POST /nope', 404],
  ['DELETE /v1/codes', 405],
  ['PUT /v1/datasets/a%00b/examples/a', 400],
  ['POST /v1/codes', 400],
  ['POST /v1/heads/digits/rollback', 400],
] as const;
