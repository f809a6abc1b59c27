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
  { method: 'GET', path: `/v1/trainings/${base64url('two')}.${ulid}/events` },
  { method: 'POST', path: `/v1/trainings/${base64url('two')}.${ulid}/cancel` },
  { method: 'GET', path: '/v1/heads/digits' },
  { method: 'GET', path: '/v1/heads/digits/versions' },
  { method: 'POST', path: '/v1/heads/digits/promote', body: '{"version":1}' },
  { method: 'POST', path: '/v1/heads/digits/rollback', body: '{}' },
  { method: 'POST', path: '/v1/heads/digits/classify', body: good },
  { method: 'POST', path: '/v1/classify?heads=digits', body: good },
  { method: 'POST', path: '/v1/codes', body: good },
  { method: 'GET', path: '/v1/backbones' },
  { method: 'GET', path: '/v1/heads' },
  { method: 'GET', path: '/v1/datasets' },
  { method: 'GET', path: '/v1/trainings' },
  { method: 'GET', path: '/v1/datasets/two/examples' },
  { method: 'DELETE', path: '/v1/datasets/two/examples' },
  { method: 'DELETE', path: '/v1/datasets/two' },
  { method: 'POST', path: '/v1/datasets/two/garbage', body: '{}' },
  { method: 'DELETE', path: '/v1/heads/digits' },
  { method: 'DELETE', path: '/v1/heads/digits/versions/1' },
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

/** A plus means a space there. */
const inQuery = (name: string) => (name === 'a+b' ? 'a%2Bb' : name);

/** Every place of a path that takes a name. */
export const places = (name: string): RawRequest[] => [
  { method: 'PUT', path: `/v1/datasets/${name}/examples/a`, body: good },
  { method: 'PUT', path: `/v1/datasets/ds/examples/${name}`, body: good },
  { method: 'GET', path: `/v1/datasets/${name}` },
  { method: 'POST', path: `/v1/datasets/${name}/rebuild` },
  { method: 'DELETE', path: `/v1/datasets/${name}` },
  { method: 'GET', path: `/v1/datasets/${name}/examples` },
  { method: 'DELETE', path: `/v1/datasets/${name}/examples?subject=x` },
  { method: 'POST', path: `/v1/datasets/${name}/garbage`, body: '{}' },
  { method: 'GET', path: `/v1/datasets/ds/examples/${name}/${nothing}` },
  { method: 'DELETE', path: `/v1/datasets/${name}/examples/a/${nothing}` },
  { method: 'POST', path: `/v1/heads/${name}/trainings`, body: '{"dataset":"two"}' },
  { method: 'GET', path: `/v1/heads/${name}` },
  { method: 'GET', path: `/v1/heads/${name}/versions` },
  { method: 'DELETE', path: `/v1/heads/${name}` },
  { method: 'DELETE', path: `/v1/heads/${name}/versions/1` },
  { method: 'GET', path: `/v1/trainings?head=${inQuery(name)}` },
  { method: 'GET', path: `/v1/trainings?dataset=${inQuery(name)}` },
  { method: 'POST', path: `/v1/heads/${name}/promote`, body: '{"version":1}' },
  { method: 'POST', path: `/v1/heads/${name}/rollback`, body: '{}' },
  { method: 'POST', path: `/v1/heads/${name}/classify`, body: good },
  { method: 'POST', path: `/v1/codes?backbone=${inQuery(name)}`, body: good },
  { method: 'POST', path: `/v1/classify?heads=digits,${inQuery(name)}`, body: good },
];

/** Sound requests for what is not there, or almost sound ones: the status and type of the answer. */
export const absent: [RawRequest, number, string][] = [
  [{ method: 'GET', path: '/v1/datasets/none' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/heads/none' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/heads/none/versions' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/heads/none' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/heads/none/versions/1' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/heads/digits/versions/99' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/heads/digits/versions/0' }, 400, 'invalid-name'],
  [{ method: 'DELETE', path: '/v1/heads/digits/versions/x' }, 400, 'invalid-name'],
  [{ method: 'DELETE', path: '/v1/datasets/none' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/datasets/none/examples?subject=x' }, 404, 'not-found'],
  [{ method: 'DELETE', path: '/v1/datasets/two/examples' }, 400, 'bad-request'],
  [{ method: 'DELETE', path: '/v1/datasets/two/examples?subject=' }, 400, 'bad-request'],
  [{ method: 'DELETE', path: '/v1/datasets/two/examples?subject=a&subject=b' }, 400, 'bad-request'],
  [{ method: 'GET', path: '/v1/datasets/none/examples' }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/heads?limit=0' }, 400, 'bad-request'],
  [{ method: 'GET', path: '/v1/heads?cursor=x' }, 400, 'bad-request'],
  [{ method: 'GET', path: '/v1/datasets?limit=1001' }, 400, 'bad-request'],
  [{ method: 'GET', path: '/v1/trainings?cursor=WyJoZWFkcyIsImEiXQ' }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/datasets/none/garbage', body: '{}' }, 404, 'not-found'],
  [{ method: 'POST', path: '/v1/datasets/two/garbage', body: '{"graceSeconds":0}' }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/datasets/two/garbage', body: '{"dryrun":true}' }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/heads/none/classify', body: good }, 404, 'not-found'],
  [{ method: 'GET', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'DELETE', path: `/v1/datasets/two/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'GET', path: `/v1/datasets/none/examples/0/${nothing}` }, 404, 'not-found'],
  [{ method: 'GET', path: '/v1/datasets/two/examples/0/abc' }, 400, 'invalid-name'],
  [{ method: 'DELETE', path: `/v1/datasets/two/examples/0/${'A'.repeat(64)}` }, 400, 'invalid-name'],
  [{ method: 'POST', path: '/v1/classify?heads=none', body: good }, 404, 'not-found'],
  [{ method: 'POST', path: '/v1/classify', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/classify?heads=digits,digits', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/classify?heads=a,b,c,d,e,f,g,h,i', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/heads/digits/classify?topK=0', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/heads/digits/classify?topK=-1', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/heads/digits/classify?topK=NaN', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/heads/digits/classify?minVersion=x', body: good }, 400, 'bad-request'],
  [{ method: 'POST', path: '/v1/heads/digits/classify?minVersion=99', body: good }, 409, 'version-not-live'],
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
